"""Files of music as raw records: a passage each, or why the file is none."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from promptgan.media.music.cutting import Cutting
from promptgan.media.music.errors import NotAPiece
from promptgan.media.music.keys import find_key
from promptgan.media.music.passages import in_c, passages
from promptgan.media.music.piece import Piece, to_json

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["id", "group", "prompt", "music", "source"]


def as_records(
    files: Iterable[tuple[str, bytes]], read: Callable[[bytes, str], Piece], cutting: Cutting
) -> "pd.DataFrame":
    """A record a passage, called after the piece and its first bar, such as bwv269-5.

    Its key is the one that `find_key` hears in the whole piece: many files have no signature, and of old music some say
    another mode. Drums are left out. The prompt is empty, since validation chooses it. Of a file that is no piece, or
    one of no passage, there is one record, whose music is the reason.

    Args:
        files: name and bytes of each.
        read: makes a piece of the bytes and the name, or raises `NotAPiece`.
        cutting: how pieces become passages.
    """
    import pandas as pd

    rows = []
    for name, content in files:
        try:
            piece = read(content, name)
        except NotAPiece as error:
            rows.append((name, name, "", error.problem, name))
            continue
        voices = tuple(voice for voice in piece.voices if not voice.drums)
        piece = replace(piece, key=find_key(piece) or piece.key, voices=voices)
        cut = list(passages(in_c(piece) if cutting.key == "C" else piece, cutting.bars))
        rows += [(f"{name}-{first}", name, "", to_json(passage), f"{name}, bar {first}") for first, passage in cut]
        if not cut:
            rows.append((name, name, "", f"{name}: shorter than half of data.bars, {cutting.bars}", name))
    return pd.DataFrame(rows, columns=COLUMNS)
