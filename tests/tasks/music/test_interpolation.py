"""The way from one piece to another, by an autoencoder of piano rolls with random weights."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.forms.tensors.drawing import draw
from promptgan.forms.tensors.form import Example
from promptgan.media.music import arrays
from promptgan.media.music.files import read_piece, write_piece
from promptgan.media.music.passages import clipped, transposed
from promptgan.media.music.piece import Piece, high_to_low
from promptgan.media.music.prompts import assembled, parse
from promptgan.networks import folder
from promptgan.tasks.music.interpolation import NoWay, UnusablePiece, interpolate
from promptgan.tasks.music.samples.requests import WrongVoices
from promptgan.tasks.music.samples.samples import load
from tests.tasks.music.conftest import chorale
from tests.tasks.music.models import write_model

LABELS = ["C major 4/4", "C minor 4/4"]
SECTION = {"network": "piano_roll", "latent": 6, "width": 8, "halvings": 2, "normalisation": "none"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two bars in C, an encoder too."""
    example = Example(channels=4, height=64, width=32, classes=2)
    torch.manual_seed(3)
    sections = {role: {**SECTION, "conditioning": None} for role in ("generator", "encoder")}
    both = {role: folder.build("tensors", role, section, example) for role, section in sections.items()}
    meta = json.dumps({"condition": "label", "classes": LABELS}).encode()
    path = tmp_path_factory.mktemp("rolls") / "model"
    folder.save(path, both, sections, folder.described("music", "tensors", example), {"meta.json": meta})
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound is made by the synthesiser; that it sounds is tested elsewhere."""
    monkeypatch.setattr("promptgan.media.music.sound.SOUNDFONTS", ())


def written(piece: Piece, path: Path) -> Path:
    """The score of a piece."""
    write_piece(piece, path, title=path.name)
    return path.with_name(f"{path.name}.musicxml")


def heard(piece: Piece) -> list[set[tuple[int, int, int]]]:
    return [set(voice.notes) for voice in sorted(piece.voices, key=lambda voice: voice.name)]


def test_the_way_begins_and_ends_at_what_the_model_makes_of_the_two_pieces(model: Path, tmp_path: Path) -> None:
    one, other = (replace(music, voices=high_to_low(music.voices)) for music in (chorale(1), chorale(2)))
    files = written(transposed(one, 3), tmp_path / "Eb"), written(other, tmp_path / "C")
    said = interpolate(model, 4, 1, tmp_path / "out", between=files)
    loaded = load(model)
    rolls = np.stack([arrays.written(clipped(piece, 0, 192), 64) for piece in (one, other)])
    with torch.no_grad():  # white is 1, black -1; both pieces are in C major
        codes = loaded.encoder(torch.from_numpy(rolls).float() / 127.5 - 1, torch.tensor([0, 0]))[0]
    way = torch.stack([(1 - t) * codes[0] + t * codes[1] for t in (0, 1 / 3, 2 / 3, 1)])
    drawn = draw(loaded.generator, way, torch.zeros(4, dtype=torch.long)).numpy()
    pieces = [read_piece(tmp_path / "out" / f"{number}.musicxml") for number in (1, 2, 3, 4)]
    for piece, roll in zip(pieces, drawn, strict=True):
        assert heard(piece) == heard(assembled(parse(LABELS[0]), arrays.read(roll, "4/4").words, 4)[0])
        assert (piece.key, piece.ticks) == ("C major", 192)
    assert heard(pieces[0]) != heard(pieces[3])
    whole = read_piece(tmp_path / "out/all.musicxml")
    assert [heard(clipped(whole, start, start + 192)) for start in range(0, 768, 192)] == list(map(heard, pieces))
    assert said.count("\n") == 4
    assert f"{tmp_path / 'out/all'}.mid, .musicxml, .svg, .wav: all in a row: C major, 4/4, 8 bars" in said


def test_ends_that_are_drawn_follow_from_the_seed(model: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        interpolate(model, 2, seed, tmp_path / name, "C minor 4/4")
    a, b, c = ((tmp_path / name / "2.musicxml").read_bytes() for name in "abc")
    assert a == b != c
    assert read_piece(tmp_path / "a/1.musicxml").key == "C minor"


def test_what_the_model_cannot_say_is_refused_by_name(model: Path, tmp_path: Path) -> None:
    good = written(chorale(1), tmp_path / "good")
    trio = Piece("C major", "4/4", 96.0, 384, chorale(1).voices[:3])
    for piece, problem, error in (
        (chorale(1, bars=1), "is shorter than 8 quarters", UnusablePiece),
        (Piece("C major", "2/4", 96.0, 384, chorale(1).voices), "the model knows C major 4/4, C minor", UnusablePiece),
        (transposed(chorale(1), -24), "a roll of 64 rows has pitches from 28", UnusablePiece),
        (trio, r"has 3 voice\(s\)", WrongVoices),
    ):
        with pytest.raises(error, match=problem):
            interpolate(model, 2, 1, tmp_path / "out", between=(good, written(piece, tmp_path / "bad")))
    with pytest.raises(NoWay, match="writes words"):
        interpolate(write_model(tmp_path / "words", "key"), 2, 1, tmp_path / "out")


def test_the_command_takes_what_the_task_of_the_model_can(model: Path, tmp_path: Path) -> None:
    files = [str(written(chorale(seed), tmp_path / str(seed))) for seed in (1, 2)]
    asked = ["interpolate", "--model", str(model), "--n", "3", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*asked, "--between", *files])
    assert result.exit_code == 0, result.output
    assert f"{tmp_path}/out/3.mid" in result.output
