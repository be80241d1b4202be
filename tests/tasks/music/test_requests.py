"""What a model makes of music that people bring, whatever it has learnt: here nothing, by random weights."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.media.music.files import read_piece, write_piece
from promptgan.media.music.passages import clipped, fitted, joined, transposed
from promptgan.media.music.piece import Note, Piece, Voice
from promptgan.media.music.prompts import CHOIR, Kind, UnusablePrompt
from promptgan.tasks.music.samples.requests import WrongVoices, continue_, harmonise
from promptgan.tasks.music.samples.samples import make
from tests.tasks.music.models import RULES, write_model

BAR = 96


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Path]:
    """A model for each kind of prompt that these tests ask."""
    kinds: tuple[Kind, ...] = ("key", "melody", "opening")
    return {kind: write_model(tmp_path_factory.mktemp(kind), kind) for kind in kinds}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound is made by the synthesiser; that it sounds is tested elsewhere."""
    monkeypatch.setattr("promptgan.media.music.sound.SOUNDFONTS", ())


@pytest.fixture
def chorale(tmp_path: Path) -> Path:
    """Five bars and an upbeat in four voices, as MIDI."""
    voices = [
        Voice(name, tuple(Note(24 * i, 24, top - i % 5) for i in range(21)))
        for name, top in zip(CHOIR, (74, 67, 62, 55), strict=True)
    ]
    write_piece(Piece("G major", "4/4", 80.0, 24 + 5 * BAR, tuple(voices), 24), tmp_path / "mine", title="mine")
    return tmp_path / "mine.mid"


def test_a_melody_is_harmonised_and_stays_as_it_was(models: dict[Kind, Path], chorale: Path, tmp_path: Path):
    said = harmonise(models["melody"], chorale, tmp_path / "out", n=2, bars=2)
    first, second = (read_piece(tmp_path / "out" / f"{number}.mid") for number in (1, 2))
    melody = fitted(read_piece(chorale), RULES["grid"]).voices[0].notes
    for piece in (first, second):
        soprano = next(voice for voice in piece.voices if voice.name == "Soprano")
        assert soprano.notes == melody
        assert (piece.key, piece.tempo, piece.ticks) == ("G major", 80.0, 6 * BAR)
    assert first != second
    assert said.count("G major, 4/4, 6 bars") == 2
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".mid", ".musicxml", ".svg", ".wav"}
    again = harmonise(models["melody"], chorale, tmp_path / "again", n=2, bars=2)
    assert again == said.replace("/out/", "/again/")
    for path in (tmp_path / "out").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_a_piece_goes_on_and_its_beginning_stays(models: dict[Kind, Path], chorale: Path, tmp_path: Path):
    continue_(models["opening"], chorale, tmp_path / "out", n=2, bars=3)
    before = fitted(read_piece(chorale), RULES["grid"])
    for number in (1, 2):
        piece = read_piece(tmp_path / "out" / f"{number}.musicxml")
        assert piece.ticks == 9 * BAR
        assert clipped(piece, 0, before.ticks).voices[0].notes == before.voices[0].notes


@pytest.mark.parametrize(("kind", "ask"), [("melody", harmonise), ("opening", continue_)])
def test_a_model_that_learnt_in_c_hears_every_key_there(
    kind: Kind, ask: Callable[..., str], models: dict[Kind, Path], chorale: Path, tmp_path: Path
):
    piece = fitted(read_piece(chorale), RULES["grid"])
    write_piece(transposed(piece, 5), tmp_path / "by hand", title="in C, the nearest way from G")
    model = write_model(tmp_path / "model", kind, tonic="C")
    ask(model, tmp_path / "by hand.musicxml", tmp_path / "c", 2)
    ask(model, chorale, tmp_path / "g", 2)
    for number in (1, 2):
        there, back = (read_piece(tmp_path / key / f"{number}.musicxml") for key in "cg")
        assert (there.key, back.key) == ("C major", "G major")
        assert back == transposed(there, -5)
        assert back.voices[0].notes[: len(piece.voices[0].notes)] == piece.voices[0].notes
    assert 'fill-opacity=".15"' in (tmp_path / "g/1.svg").read_text()


def test_as_many_bars_are_written_as_are_asked_for(models: dict[Kind, Path], tmp_path: Path):
    make(models["key"], 2, 1, ["C major 4/4"], bars=5, out=tmp_path)
    assert [read_piece(tmp_path / f"{number}.musicxml").ticks for number in (1, 2)] == [5 * BAR, 5 * BAR]
    with pytest.raises(UnusablePrompt, match="--bars"):
        make(models["melody"], 1, 1, ["harmonise C major 4/4 | v1=60"], bars=5, out=tmp_path)


def test_a_model_is_asked_for_what_it_learnt_alone(models: dict[Kind, Path], chorale: Path, tmp_path: Path):
    with pytest.raises(UnusablePrompt, match="does not know: harmonise"):
        harmonise(models["key"], chorale, tmp_path)
    with pytest.raises(UnusablePrompt, match="does not know: continue"):
        continue_(models["melody"], chorale, tmp_path)
    piece = read_piece(chorale)
    write_piece(Piece("C major", "4/4", 80.0, BAR, piece.voices[:2]), tmp_path / "two", title="two")
    with pytest.raises(WrongVoices, match=r"two.mid: has 2 voice\(s\) besides drums, and 4 are needed"):
        continue_(models["opening"], tmp_path / "two.mid", tmp_path)


def test_the_commands_say_what_they_wrote(models: dict[Kind, Path], chorale: Path, tmp_path: Path):
    for command, kind, option in (("harmonise", "melody", "--melody"), ("continue", "opening", "--midi")):
        asked = [command, "--model", str(models[kind]), option, str(chorale), "--out", str(tmp_path / command)]
        result = CliRunner().invoke(app, asked)
        assert result.exit_code == 0, result.output
        assert f"{tmp_path / command}/1.mid, .musicxml, .svg, .wav: G major, 4/4" in result.output
    refused = CliRunner().invoke(app, ["continue", "--model", str(models["melody"]), "--midi", str(chorale)])
    assert refused.exit_code == 1
    assert f"{chorale}: the prompt 'continue G major" in refused.output
    assert "a model that learnt this (validate.prompt.kind: melody" in refused.output


def test_a_fitted_piece_has_whole_bars_one_note_at_a_time_a_key_and_no_drums():
    lead = Voice("Lead", (Note(0, 23, 60), Note(0, 24, 67), Note(20, 30, 64), Note(60, 2, 65)))
    piece = Piece("", "4/4", 100.0, 24 + 50, (lead, Voice("Kit", (Note(0, 6, 36),), drums=True)), pickup=24)
    made = fitted(piece, 6)
    assert [voice.notes for voice in made.voices] == [(Note(72, 18, 67), Note(90, 30, 64))]
    assert (made.ticks, made.pickup, made.metre) == (2 * BAR, 0, "4/4")
    assert made.key != ""


def test_pieces_are_joined_end_to_end():
    part = Piece("C major", "4/4", 96.0, BAR, (Voice("A", (Note(0, 96, 60),)),))
    whole = joined([part, part])
    assert (whole.ticks, whole.voices[0].notes) == (2 * BAR, (Note(0, 96, 60), Note(96, 96, 60)))
