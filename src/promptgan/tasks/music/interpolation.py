"""What lies between two pieces: an autoencoder's piano rolls from one latent vector to another."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from promptgan.core.errors import PromptganError
from promptgan.forms.tensors.drawing import noise
from promptgan.forms.tensors.tensors import scaled
from promptgan.media.music import arrays, prompts
from promptgan.media.music.files import read_piece, write_piece
from promptgan.media.music.passages import clipped, fitted, in_c, joined
from promptgan.media.music.piece import Piece
from promptgan.tasks.music.samples.requests import WrongVoices
from promptgan.tasks.music.samples.samples import answered, described, given, load, written
from promptgan.tasks.music.samples.tensors import RollModel

OUT = Path("music")
"""The folder of the pieces, unless another is named."""


class NoWay(PromptganError):
    """A model has no latent vectors to go through, or none of pieces that are given."""


class UnusablePiece(PromptganError):
    """A file holds no piece that the model's rolls can say."""


def interpolate(
    model: Path,
    n: int,
    seed: int,
    out: Path = OUT,
    prompt: str | None = None,
    between: Sequence[Path] = (),
) -> str:
    """Write ``n`` pieces on the way from one to another, and all of them in a row as ``all``; say which files.

    The way between latent vectors is a straight line. Of two pieces that are given it begins and ends at the means of
    their codes; where the ends are in different keys, each half of the way is asked for in that of its end.

    Args:
        model: a model folder.
        n: pieces, the two ends among them.
        seed: of the ends, where they are drawn.
        out: the folder.
        prompt: key and metre of ends that are drawn; None stands for the first that the model has learnt.
        between: two files whose first bars, as many as a roll has, are the ends; none where these are drawn. They are
            moved to C where the model knows no other key, and stay there. The tempo is that of the first.

    Raises:
        NotAModelFolder: see `promptgan.tasks.music.samples.samples.load`.
        NoWay: the model draws no rolls, or has no encoder for pieces that are given.
        UnknownFormat, NotAPiece, WrongVoices, UnusablePiece: a file holds none that the model can say.
        UnusablePrompt: the model has learnt no such key and metre.
    """
    loaded = load(model)
    if not isinstance(loaded, RollModel):
        raise NoWay(f"the model in {model} writes words, not piano rolls", "name one of music-vae or music-gan")
    tempo = prompts.TEMPO
    if between:
        pieces = [_piece(loaded, file) for file in between]
        ends, tempo = [prompts.asked(piece, "key") for piece in pieces], pieces[0].tempo
        first, last = _codes(loaded, model, pieces)
    else:
        ends = [prompts.parse(prompt or loaded.labels[0])] * 2
        first, last = noise(seed, 2, loaded.generator.latent)
    asked = [ends[2 * place >= n] for place in range(n)]
    way = torch.lerp(first, last, torch.linspace(0, 1, n)[:, None])
    drawn = zip(asked, loaded.drawn(asked, way), strict=True)
    found = [answered(each, words, loaded.voices, mended).piece for each, (words, mended) in drawn]
    found = [replace(piece, tempo=tempo) for piece in found]
    said = written(found, out, [given(loaded, each) for each in asked])
    whole = joined(found)
    write_piece(whole, out / "all", title=f"{n} pieces from one to another", sound=True)
    return f"{said}\n{out / 'all'}.mid, .musicxml, .svg, .wav: all in a row: {described(whole)}"


def _piece(model: RollModel, file: Path) -> Piece:
    """The first bars of a file, as many as a roll has, in a key that the model knows."""
    piece = fitted(read_piece(file), model.grid)
    if len(piece.voices) != model.voices:
        raise WrongVoices(file, len(piece.voices), f"{model.voices} are")
    ticks = model.index["example"]["width"] * arrays.STEP
    if piece.ticks < ticks:
        raise UnusablePiece(f"{file}: is shorter than {ticks // 24} quarters, which a roll has", "give a longer piece")
    piece = clipped(piece, 0, ticks)
    if str(prompts.asked(piece, "key")) not in model.labels:
        piece = in_c(piece)
    if str(prompts.asked(piece, "key")) not in model.labels:
        known = ", ".join(model.labels)
        raise UnusablePiece(f"{file}: is in {piece.key} {piece.metre}; the model knows {known}", "give one of these")
    return piece


def _codes(model: RollModel, folder: Path, pieces: list[Piece]) -> torch.Tensor:
    """The means (N, Z) of what an encoder says of pieces."""
    if model.encoder is None:
        raise NoWay(f"{folder} has no encoder, which reads pieces", "name models/pretrained, or leave out --between")
    try:
        rolls = [arrays.written(piece, model.index["example"]["height"]) for piece in pieces]
    except arrays.NotOnTheRoll as error:
        raise UnusablePiece(error.problem, "give music in that range") from None
    labels = torch.tensor([model.labels.index(str(prompts.asked(piece, "key"))) for piece in pieces])
    with torch.no_grad():
        mean: torch.Tensor = model.encoder(scaled(torch.from_numpy(np.stack(rolls))), labels)[0]
    return mean
