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


def test_a_metre_that_begins_late_follows_on_four_quarters():
    longer = write_midi(piece()).replace(bytes([0x00, 0xFF, 0x58]), bytes([0x30, 0xFF, 0x58]))  # two quarters late
    with pytest.raises(ChangingMetre, match="4/4, 3/4"):
        read_midi(longer, "a.mid")


CHANGING = "00c005 00903c50 18803c00 00c007 00903e50 18803e00"
"""A note by one program, and one by another."""
OTHER = "00c003 00903050 30803000"


@pytest.mark.parametrize("tracks", [(CHANGING, OTHER), ("00ff0301 41", CHANGING, OTHER)])
def test_a_track_whose_program_changes_is_one_voice(tracks: tuple[str, ...]):
    bodies = [bytes.fromhex(f"{events} 00ff2f00") for events in tracks]
    head = b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, len(tracks), 0, 24])
    read = read_midi(head + b"".join(b"MTrk" + len(body).to_bytes(4) + body for body in bodies), "a.mid")
    assert read.voices == (
        Voice("Track 1", (Note(0, 24, 60), Note(24, 24, 62)), program=5),
        Voice("Track 2", (Note(0, 48, 48),), program=3),
    )
