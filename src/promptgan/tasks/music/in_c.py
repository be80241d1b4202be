"""What a model that learnt in C (`data.key: C`) does with music in any key: it is moved to C, and the answers back.

The functions are those of `promptgan.tasks.music.samples.requests`, with their arguments and errors.
"""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from promptgan.media.music import keys
from promptgan.media.music.files import read_piece, write_piece
from promptgan.media.music.passages import fitted, transposed
from promptgan.media.music.piece import Piece
from promptgan.tasks.music.samples import requests
from promptgan.tasks.music.samples.samples import load, written


def harmonise(model: Path, melody: Path, out: Path, n: int, **asked: Any) -> str:
    """Write the voices below a melody, ``n`` times; say which files."""
    _, answers = _there_and_back(requests.harmonise, model, melody, n, asked)
    return written(answers, out, [replace(each, voices=each.voices[:1]) for each in answers])


def continue_(model: Path, midi: Path, out: Path, n: int, **asked: Any) -> str:
    """Write a piece with more bars, ``n`` times; say which files."""
    piece, answers = _there_and_back(requests.continue_, model, midi, n, asked)
    return written(answers, out, [piece] * n)


def _there_and_back(
    request: Callable[..., str], model: Path, file: Path, n: int, asked: dict[str, Any]
) -> tuple[Piece, list[Piece]]:
    """The piece in a file as the model reads it, and the answers to it; both in its key, by the nearest way."""
    piece = fitted(read_piece(file), load(model).grid)
    up = (keys.parse(piece.key)[0] + 5) % 12 - 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_piece(transposed(piece, -up), folder / file.stem, title=file.stem)
        request(model, folder / f"{file.stem}.musicxml", folder / "out", n, **asked)
        answers = [read_piece(folder / "out" / f"{number}.musicxml") for number in range(1, n + 1)]
    return piece, [transposed(each, up) for each in answers]
