"""A piece survives its one line."""

from promptgan.media.music.piece import Note, Piece, Voice, from_json, high_to_low, to_json


def test_a_piece_comes_back_from_its_line():
    soprano = Voice("Soprano", (Note(0, 24, 72), Note(24, 12, 74)), program=52)
    piece = Piece("F# minor", "3/4", 96.0, 144, (soprano, Voice("Kit", (Note(0, 6, 36),), drums=True)), pickup=24)
    assert from_json(to_json(piece)) == piece
    assert piece.bar_ticks == 72
    assert piece.seconds == 3.75


def test_voices_without_notes_stand_below_the_others_and_above_drums():
    kit, silent, sung = (
        Voice("Kit", (Note(0, 6, 90),), drums=True),
        Voice("Silent", ()),
        Voice("Sung", (Note(0, 6, 30),)),
    )
    assert high_to_low([kit, silent, sung]) == (sung, silent, kit)
