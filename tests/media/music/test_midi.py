"""Pieces go to MIDI and come back, and what is no piece says why."""

import pytest

from promptgan.media.music.errors import BrokenMusic, ChangingMetre, NoNotes
from promptgan.media.music.midi import read_midi, write_midi
from promptgan.media.music.piece import Note, Piece, Voice


def piece(pickup: int = 0) -> Piece:
    soprano = Voice("Soprano", (Note(0, 24, 72), Note(24, 12, 74)), program=52)
    drums = Voice("Kit", (Note(0, 6, 36), Note(pickup + 80, 10, 40)), drums=True)
    return Piece("F# minor", "3/4", 90.0, pickup + 144, (soprano, drums), pickup)


@pytest.mark.parametrize("pickup", [0, 24, 36, 6])
def test_a_piece_comes_back_from_midi(pickup: int):
    assert read_midi(write_midi(piece(pickup)), "a.mid") == piece(pickup)
    assert write_midi(piece(pickup)) == write_midi(piece(pickup))


def test_a_pickup_that_no_signature_says_is_a_bar_that_begins_with_rests():
    back = read_midi(write_midi(piece(pickup=8)), "a.mid")
    assert (back.pickup, back.ticks, back.voices[0].notes[0].onset) == (0, 216, 64)


@pytest.mark.parametrize("cut", [0, 3, 20, 50])
def test_a_damaged_file_is_broken(cut: int):
    with pytest.raises(BrokenMusic, match=r"a\.mid: cannot be read"):
        read_midi(write_midi(piece())[:cut], "a.mid")


def test_silence_is_no_piece():
    with pytest.raises(NoNotes):
        read_midi(write_midi(Piece("", "4/4", 120.0, 96, ())), "a.mid")


def test_a_change_of_metre_is_told():
    whole = write_midi(piece(pickup=24))
    longer = whole.replace(bytes([0x18, 0xFF, 0x58]), bytes([0x30, 0xFF, 0x58]))  # the second signature a beat later
    assert longer != whole
    with pytest.raises(ChangingMetre, match="1/4, 3/4"):
        read_midi(longer, "a.mid")
