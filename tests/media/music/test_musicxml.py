"""Scores are read as another reader reads them, and what is no piece says why."""

import io
import zipfile
from collections.abc import Iterator

import music21
import pytest

from promptgan.media.music.errors import BrokenMusic, ChangingMetre, NoNotes, UnevenBars
from promptgan.media.music.midi import write_midi
from promptgan.media.music.musicxml import read_musicxml
from promptgan.media.music.notation import spelling, write_musicxml
from promptgan.media.music.piece import Note, Piece
from tests.media.music.conftest import CHORALES

Sounds = list[list[tuple[int, int, int]]]


def ours(piece: Piece) -> Sounds:
    return [[(n.onset, n.duration, n.pitch) for n in voice.notes] for voice in piece.voices]


def theirs(score: music21.stream.Score) -> Sounds:
    def of(part: music21.stream.Part) -> Iterator[tuple[int, int, int]]:
        for note in part.stripTies().flatten().notes:
            if note.quarterLength:  # a grace note has none
                yield from ((round(note.offset * 24), round(note.quarterLength * 24), p.midi) for p in note.pitches)

    return [sorted(of(part)) for part in score.parts]


@pytest.fixture(params=["bwv66.6.mxl", "bwv101.7.mxl", "bwv177.4.mxl"])
def chorale(request: pytest.FixtureRequest) -> str:
    """One with a pickup, one with bars that a repeat divides, one without both."""
    return request.param


def test_a_chorale_is_read_written_and_played_as_another_reader_has_it(chorale: str, tmp_path):
    piece = read_musicxml((CHORALES / chorale).read_bytes(), chorale)
    assert ours(piece) == theirs(music21.converter.parse(CHORALES / chorale, forceSource=True))
    written = write_musicxml(piece, chorale)
    assert read_musicxml(written, chorale) == piece
    assert ours(piece) == theirs(music21.converter.parseData(written.decode(), format="musicxml"))
    (tmp_path / "a.mid").write_bytes(write_midi(piece))
    assert sorted(ours(piece)) == sorted(theirs(music21.converter.parse(tmp_path / "a.mid", forceSource=True)))


def test_what_is_said_of_a_chorale():
    piece = read_musicxml((CHORALES / "bwv66.6.mxl").read_bytes(), "bwv66.6")
    assert (piece.key, piece.metre, piece.tempo, piece.pickup) == ("F# minor", "4/4", 96.0, 24)
    assert piece.ticks == 24 + 9 * piece.bar_ticks
    assert [voice.name for voice in piece.voices] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert piece.voices[0].notes[:3] == (Note(0, 12, 73), Note(12, 12, 71), Note(24, 24, 69))


def test_an_awkward_piece_comes_back(awkward: Piece):
    written = write_musicxml(awkward, "awkward")
    assert read_musicxml(written, "awkward") == awkward
    assert written == write_musicxml(awkward, "awkward")
    score = music21.converter.parseData(written.decode(), format="musicxml")
    assert theirs(score)[0] == ours(awkward)[0]
    assert [measure.duration.quarterLength for measure in score.parts[0].getElementsByClass("Measure")][:2] == [1, 3]


@pytest.mark.parametrize(
    ("pitch", "key", "name"),
    [(66, "D major", "F#"), (66, "Db major", "Gb"), (68, "A minor", "G#"), (70, "A minor", "Bb"),
     (71, "Gb major", "Cb"), (65, "F# major", "E#"), (63, "", "Eb")],
)  # fmt: skip
def test_a_pitch_is_spelled_as_its_key_has_it(pitch: int, key: str, name: str):
    assert spelling(pitch, key) == name


def score(*bars: str, time: str = "<time><beats>3</beats><beat-type>4</beat-type></time>", part: str = "") -> bytes:
    first = f"<attributes><divisions>2</divisions>{time}</attributes>{bars[0]}"
    measures = "".join(f'<measure number="{i}">{bar}</measure>' for i, bar in enumerate([first, *bars[1:]], 1))
    listed = f'<part-list><score-part id="P1"><part-name>A</part-name>{part}</score-part></part-list>'
    return f'<score-partwise>{listed}<part id="P1">{measures}</part></score-partwise>'.encode()


def note(step: str = "C", duration: int = 6, more: str = "") -> str:
    return f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>{duration}</duration>{more}</note>"


def test_chords_voices_and_transposing_instruments():
    chord = note() + note("E").replace("<pitch>", "<chord/><pitch>")
    second = f"<backup><duration>6</duration></backup>{note('G', more='<voice>2</voice>')}"
    lower = "<attributes><transpose><chromatic>-2</chromatic></transpose></attributes>"
    piece = read_musicxml(score(lower + chord + second), "a")
    assert ours(piece) == [[(0, 72, 58), (0, 72, 62)], [(0, 72, 65)]]
    assert [voice.name for voice in piece.voices] == ["A", "A 2"]


def test_tied_notes_are_one_and_equal_neighbours_are_two():
    tied = score(note(more='<tie type="start"/>'), note(more='<tie type="stop"/>'), note())
    assert ours(read_musicxml(tied, "a")) == [[(0, 144, 60), (144, 72, 60)]]


def test_what_is_no_piece_says_why():
    other = "<attributes><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    for data, error, words in (
        (b"<score", BrokenMusic, "cannot be read"),
        (b"<html/>", BrokenMusic, "its root is html"),
        (b"PK\x03\x04rest", BrokenMusic, "not a zip"),
        (score(note("H")), BrokenMusic, "'H'"),
        (score(note()).replace(b"<score", b'<?xml version="1.0" encoding="UTF-9"?><score', 1), BrokenMusic, "UTF-9"),
        (score(note() + "<backup><duration>7</duration></backup>"), BrokenMusic, "backup leads out"),
        (score(note(duration=10**9)), BrokenMusic, "longer than any music"),
        (score(note(duration=10**400)), BrokenMusic, "an element says"),
        (score(note(duration=0)), NoNotes, "no notes"),
        (score(note(), other + note()), ChangingMetre, "3/4, 4/4"),
        (score(note(), note(duration=5), note()), UnevenBars, "measure 3"),
    ):
        with pytest.raises(error, match=words):
            read_musicxml(data, "a.xml")


def test_a_zip_without_its_score_is_broken():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", '<container><rootfile full-path="a.xml"/></container>')
    with pytest.raises(BrokenMusic, match=r"a\.xml"):
        read_musicxml(packed.getvalue(), "a.mxl")
