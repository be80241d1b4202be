"""Answers as files: which media types an answer can be had as, by what a model makes."""

import base64
import json
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from promptgan.serving.asks import Answer
from promptgan.serving.refusals import Unusable

PNG, MIDI = "image/png", "audio/midi"
Held = Literal["image", "midi", "musicxml", "svg"]


def asked_for(accept: str, media: str) -> str | None:
    """The type of file that a header `Accept` asks for: the first of its types that some answer is; None for JSON.

    Args:
        accept: the header; weights (`q=`) are not read.
        media: what the model makes, as its facts say.

    Raises:
        Unusable: answers of the model are no such files.
    """
    types = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    asked = next((each for each in types if each in TYPES or each == "application/json"), "application/json")
    if asked == "application/json":
        return None
    if asked not in FILES.get(media, {}):
        known = ["application/json", *FILES.get(media, {})]
        raise Unusable(f"no answer of this model is {asked}", f"accept {' or '.join(known)}")
    return asked


def _held(key: Held, answer: Answer) -> bytes:
    return base64.b64decode(answer[key])


def _picture(answer: Answer) -> bytes:
    from promptgan.serving.raster import png

    return png(_held("svg", answer).decode())


def _sound(ending: str, answer: Answer) -> bytes:
    """
    Raises:
        NoEncoder, FluidsynthFailed: see `promptgan.media.music.sound.write_sound`.
    """
    from promptgan.media.music.piece import from_json
    from promptgan.media.music.sound import write_sound

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"piece{ending}"
        write_sound(from_json(json.dumps(answer["music"])), path)
        return path.read_bytes()


FILES: Mapping[str, Mapping[str, Callable[[Answer], bytes]]] = {
    PNG: {PNG: partial(_held, "image")},
    MIDI: {
        MIDI: partial(_held, "midi"),
        "application/vnd.recordare.musicxml+xml": partial(_held, "musicxml"),
        "image/svg+xml": partial(_held, "svg"),
        PNG: _picture,
        "audio/wav": partial(_sound, ".wav"),
        "audio/ogg": partial(_sound, ".ogg"),
    },
}
"""By what a model makes, the types of file that its answers can be had as, and how an answer becomes one."""
TYPES = tuple(dict.fromkeys(each for files in FILES.values() for each in files))
