"""Pieces that answer prompts: from a loaded model folder, and for the generate stage from every model."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch

from promptgan.core.choices import choose
from promptgan.core.compute import Compute, autocast
from promptgan.core.progress import Progress
from promptgan.media.music import prompts
from promptgan.media.music.files import write_piece
from promptgan.media.music.passages import clipped, joined
from promptgan.media.music.piece import Piece, from_json, to_json
from promptgan.media.music.prompts import Prompt
from promptgan.networks import folder
from promptgan.tasks.music.samples.parameters import Parameters
from promptgan.terms.systems import REAL

OPTIONS = frozenset({"prompt", "temperature", "top_p", "bars", "out"})
"""What `promptgan generate` takes for a model of music."""
TEMPERATURE, TOP_P = 0.9, 0.95
"""Of the section `generate` in every preset of music; in a wheel, which holds no preset, they must stand here."""
CURVE, READ = "curve", "read"
"""Purposes of samples: to be measured, over temperatures, and to be heard."""


class MusicModel(Protocol):
    """What answers prompts with music; see `promptgan.tasks.music.samples.tokens` and that of tensors."""

    index: dict[str, Any]
    """The content of index.json."""

    @property
    def grid(self) -> int:
        """Ticks that its pieces' onsets and ends are multiples of."""

    @property
    def voices(self) -> int:
        """How many voices its pieces have."""

    def knows(self, key: str) -> bool:
        """Whether it can be asked for a key, such as D minor."""

    def words(
        self, asked: list[Prompt], seed: int, temperature: float, top_p: float, batch: int | None
    ) -> list[tuple[list[str], int]]:
        """The words of an answer to each prompt, and how much was mended before there were words; see `answer`."""


@dataclass(frozen=True)
class Answer:
    """What a model answered."""

    words: str
    """As they were drawn, or read off a roll."""
    piece: Piece
    """What they say, with what the prompt gave."""
    mended: int
    """Words that could not stand where they stood, and are not in the piece; of a roll see `arrays.Read`."""


def load(model: Path, device: torch.device | None = None) -> MusicModel:
    """Load what a model folder draws with.

    Raises:
        NotAModelFolder, NoTokenizer: a file is missing or broken, or it makes no music.
    """
    index = folder.read_index(model)
    if index["kind"] == "model" and index["task"] != "music":
        raise folder.NotAModelFolder(
            f"the model in {model} makes no music: its task is {index['task']}",
            "give the folder of one that does",
        )
    form = index.get("form", "tokens")  # a folder without a model is refused there
    loaded: MusicModel = choose("promptgan.tasks.music.samples", form, "form").load(model, device)
    return loaded


def answer(
    model: MusicModel,
    asked: list[Prompt],
    *,
    seed: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
    batch: int | None = None,
) -> list[Answer]:
    """Answer each prompt once; the same seed gives the same answers on the same kind of machine.

    ``batch`` is how many are drawn at once; an answer that is chosen among candidates takes as many.

    Raises:
        UnusablePrompt: a prompt holds what the model does not know, or is too long.
        UnusableTemperature: nothing can be drawn at it.
    """
    drawn = model.words(asked, seed, temperature, top_p, batch)
    return [answered(prompt, words, model.voices, mended) for prompt, (words, mended) in zip(asked, drawn, strict=True)]


def answered(prompt: Prompt, words: list[str], voices: int, mended: int = 0) -> Answer:
    """What a prompt and the words of an answer say together; ``mended`` is what was mended before."""
    piece, more = prompts.assembled(prompt, words, voices)
    return Answer(" ".join(words), piece, mended + more)


def make(
    model: Path,
    n: int,
    seed: int,
    prompt: list[str] | None = None,
    temperature: float = TEMPERATURE,
    top_p: float = TOP_P,
    bars: int | None = None,
    out: Path = Path("music"),
) -> str:
    """Write ``n`` pieces for each prompt into the folder ``out``, in every format and as sound; say which.

    With ``bars`` they are so long: as many answers, one after the other, as it takes, and cut at the last bar.

    Raises:
        UnusablePrompt: see `answer`, and that there is no prompt, or one that has a length and ``bars`` too.
        UnusableTemperature, NotAModelFolder, NoTokenizer: see `answer` and `load`.
    """
    loaded = load(model)
    asked = [prompts.parse(each) for each in prompt or [""] for _ in range(n)]
    for each in asked:
        if bars and each.kind != "key":
            raise prompts.UnusablePrompt(str(each), "has a length of its own, so leave out --bars")
    parts = bars or 1  # an answer has a bar at least
    repeated = [each for each in asked for _ in range(parts)]
    drawn = iter(answer(loaded, repeated, seed=seed, temperature=temperature, top_p=top_p))
    pieces = [joined([next(drawn).piece for _ in range(parts)]) for _ in asked]
    pieces = [clipped(piece, 0, bars * piece.bar_ticks) if bars else piece for piece in pieces]
    return written(pieces, out, [given(loaded, each) for each in asked])


def given(model: MusicModel, prompt: Prompt) -> Piece:
    """The notes that a prompt gives, in a piece of the model's voices."""
    return prompts.assembled(prompt, (), model.voices)[0]


def written(pieces: list[Piece], out: Path, outlined: list[Piece]) -> str:
    """Write pieces into a folder as 1.mid, 1.musicxml, 1.svg, 1.wav, 2.mid and so on; a line about each.

    Args:
        pieces: what is written.
        out: the folder.
        outlined: the notes of each that its prompt gave.
    """
    lines = []
    for number, (piece, outline) in enumerate(zip(pieces, outlined, strict=True), start=1):
        write_piece(piece, out / str(number), title=f"{piece.key} {piece.metre}", given=outline, sound=True)
        lines.append(f"{out / str(number)}.mid, .musicxml, .svg, .wav: {described(piece)}")
    return "\n".join(lines)


def described(piece: Piece) -> str:
    """Key, metre, bars and notes, in words."""
    notes = sum(len(voice.notes) for voice in piece.voices)
    return f"{piece.key}, {piece.metre}, {piece.ticks // piece.bar_ticks} bars, {notes} notes"


def generate(
    folders: dict[str, Path],
    validated: Path,
    out: Path,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
) -> tuple[pd.DataFrame, str]:
    """Answer test prompts with every model; return the samples, and a sentence on them.

    Their columns are prompt_id, prompt, text (the words as drawn), music (the whole piece as a JSON line), mended
    (words left out of it), model, purpose, temperature, top_p and seed. Of each model, first the rows of purpose
    "curve" (all ``temperatures``, top_p 1), then those of purpose "read", for people (``temperature``, ``top_p``),
    which lie in folders of the models' names as MIDI, MusicXML and pictures, under the name in the column `file`. So do
    the real pieces of these prompts, whose rows are in ``real.parquet``. The test prompts are the first of a
    permutation that ``seed`` gives. All models answer with the same random numbers, but for those that choose among
    candidates, which take more.
    """
    p = parameters
    test = pd.read_parquet(validated / "test.parquet", columns=["id", "prompt", "music"])
    test = test.iloc[np.random.default_rng(seed).permutation(len(test))]
    plan = [(CURVE, test.head(p.count), temperature, 1.0) for temperature in p.temperatures]
    plan.append((READ, test.head(p.heard), p.temperature, p.top_p))
    frames = []
    with Progress("samples", len(folders) * len(plan)) as progress:
        for name, path in folders.items():
            model = load(path, device)
            for purpose, chosen, temperature, top_p in plan:
                asked = [prompts.parse(prompt) for prompt in chosen["prompt"]]
                with autocast(compute):
                    answers = answer(model, asked, seed=seed, temperature=temperature, top_p=top_p)
                frame = _framed(chosen, answers, name, purpose)
                frames.append(frame.assign(temperature=temperature, top_p=top_p, seed=seed))
                progress.advance()
    heard = test.head(p.heard)
    real = [
        answered(prompt, prompts.answer(from_json(music), prompt), model.voices)
        for prompt, music in zip(map(prompts.parse, heard["prompt"]), heard["music"], strict=True)
    ]
    beside = _framed(heard, real, REAL.name, READ)
    beside.to_parquet(out / "real.parquet", index=False, compression="zstd")
    samples = pd.concat(frames, ignore_index=True)
    for row in pd.concat([samples[samples["purpose"] == READ], beside]).to_dict("records"):
        outline, title = given(model, prompts.parse(row["prompt"])), f"{row['prompt_id']}, {row['model']}"
        write_piece(from_json(row["music"]), out / row["file"], title=title, given=outline)
    return samples, f"{len(samples)} pieces in {out}; hear {', '.join(f'{out / name}' for name in folders)}"


def _framed(records: pd.DataFrame, answers: list[Answer], name: str, purpose: str) -> pd.DataFrame:
    """The rows of a system's answers to the prompts of records."""
    columns: dict[str, Any] = {
        "prompt_id": records["id"],
        "prompt": records["prompt"],
        "text": [each.words for each in answers],
        "music": [to_json(each.piece) for each in answers],
        "mended": [each.mended for each in answers],
    }
    if purpose == READ:
        columns["file"] = [f"{name}/" + re.sub(r"[^\w.+-]", "_", record) for record in records["id"]]
    return pd.DataFrame({**columns, "model": name, "purpose": purpose})
