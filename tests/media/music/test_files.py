"""Files are read by what their names say they are, and written in every format."""

from pathlib import Path

import pytest

from promptgan.media.music.files import READERS, UnknownFormat, read_piece, write_piece
from promptgan.media.music.piece import Note, Piece, Voice

PIECE = Piece("C major", "4/4", 96.0, 96, (Voice("Soprano", (Note(0, 96, 72),)),))


def test_a_piece_is_written_in_every_format_and_read_from_those_that_hold_notes(tmp_path: Path):
    write_piece(PIECE, tmp_path / "new" / "bwv1.6", title="a", sound=True)
    written = sorted(tmp_path.rglob("bwv1.6.*"))
    assert [path.suffix for path in written] == [".mid", ".musicxml", ".svg", ".wav"]
    assert [read_piece(path) for path in written if path.suffix in READERS] == [PIECE, PIECE]


def test_another_format_is_refused(tmp_path: Path):
    with pytest.raises(UnknownFormat, match=r"\.mid, \.midi, \.mxl"):
        read_piece(tmp_path / "a.mp3")
