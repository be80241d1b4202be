"""Files are read by what their names say they are, and written in every format."""

from dataclasses import replace
from pathlib import Path

import pytest

from promptgan.data.sets import local_midi
from promptgan.media.music.files import READERS, UnknownFormat, read_piece, write_piece
from promptgan.media.music.musicxml import read_musicxml
from promptgan.media.music.notation import write_musicxml
from promptgan.media.music.piece import Note, Piece, Voice

PIECE = Piece("C major", "4/4", 96.0, 96, (Voice("Soprano", (Note(0, 96, 72),)),))
BASS = Voice("Bass", (Note(0, 96, 48),))


def test_a_piece_is_written_in_every_format_and_read_from_those_that_hold_notes(tmp_path: Path):
    write_piece(PIECE, tmp_path / "new" / "bwv1.6", title="a", sound=True)
    written = sorted(tmp_path.rglob("bwv1.6.*"))
    assert [path.suffix for path in written] == [".mid", ".musicxml", ".svg", ".wav"]
    assert [read_piece(path) for path in written if path.suffix in READERS] == [PIECE, PIECE]


def test_another_format_is_refused(tmp_path: Path):
    with pytest.raises(UnknownFormat, match=r"\.mid, \.midi, \.mxl"):
        read_piece(tmp_path / "a.mp3")


def test_voices_of_a_score_stand_from_high_to_low_whatever_part_is_first(tmp_path: Path):
    path = tmp_path / "upside down.musicxml"
    path.write_bytes(write_musicxml(replace(PIECE, voices=(BASS, *PIECE.voices)), "a"))
    assert [voice.name for voice in read_musicxml(path.read_bytes(), "a").voices] == ["Bass", "Soprano"]
    for piece in (read_piece(path), local_midi.read(path.read_bytes(), "A.MusicXML")):
        assert piece.voices == (*PIECE.voices, BASS)
