"""How far pieces are what prompts ask for."""

from dataclasses import replace

import pytest

from promptgan.media.music import prompts
from promptgan.media.music.piece import Note
from promptgan.tasks.music.measures.obedience import SENTENCES, f1, harmonised, obedience
from tests.tasks.music.pieces import chords, piece

CADENCE = chords((72, 64, 55, 48), (71, 62, 55, 43), (72, 64, 55, 48), (72, 65, 57, 53))


@pytest.mark.parametrize("kind", ["key", "melody", "rhythm", "chords"])
def test_a_piece_is_what_it_is_asked_to_be(kind: prompts.Kind) -> None:
    assert obedience(CADENCE, prompts.asked(CADENCE, kind)) == 1
    assert set(SENTENCES) == set(prompts.TASKS)


def test_of_a_key_and_an_opening_the_notes_that_are_new_count() -> None:
    asked = prompts.parse("C major 4/4")
    assert obedience(piece([(0, 24, 60), (24, 24, 63), (48, 24, 67), (72, 24, 68)]), asked) == 2 / 4
    opening = prompts.parse("continue C major 4/4 | v1=61")
    assert opening.bars == 1
    assert obedience(piece([(0, 24, 61), (96, 24, 62), (120, 24, 66)], ticks=192), opening) == 1 / 2
    assert obedience(piece([(0, 24, 60)], ticks=192), opening) == 0  # nothing is new


def test_a_melody_is_harmonised_where_chords_sound_with_it() -> None:
    clash = chords((72, 64, 55, 48), (72, 61, 54, 47))  # B, C sharp, F sharp and C are no chord
    assert harmonised(clash) == 1 / 2
    assert harmonised(piece([(0, 48, 72), (48, 48, 74)], [(0, 48, 64)])) == 1 / 2  # the second note stands alone
    assert harmonised(piece([(48, 48, 72)], [(0, 96, 64)])) == 1
    assert harmonised(piece([], [(0, 96, 64)])) == 0


def test_a_rhythm_is_kept_by_all_voices_together() -> None:
    asked = prompts.parse("fill C major 4/4 | x @24 x @48 x")
    assert obedience(piece([(0, 48, 60), (48, 48, 62)], [(24, 72, 50)]), asked) == 1
    assert obedience(piece([(0, 48, 60), (72, 24, 62)]), asked) == pytest.approx(2 / 5)


def test_chords_last_until_the_next_one() -> None:
    asked = prompts.parse("realise C major 4/4 | C:maj @48 F:maj |")
    held = chords(*[(72, 67, 64, 48)] * 2, *[(72, 69, 65, 53)] * 2)
    assert obedience(held, asked) == 4 / 8  # the second bar is not there
    whole = replace(
        held, ticks=192, voices=tuple(replace(v, notes=(*v.notes, *_later(v.notes[2:]))) for v in held.voices)
    )
    assert obedience(whole, asked) == 1  # and in silence no other chord begins


def _later(notes: tuple[Note, ...]) -> list[Note]:
    return [replace(note, onset=note.onset + 48) for note in notes]


def test_f1_counts_what_stands_twice() -> None:
    assert f1("aab", "ab") == pytest.approx(2 * 2 / 5)
    assert f1("", "") == 1
    assert f1("a", "") == 0
