"""Music as piano rolls, and what is made of rolls that are no music."""

from dataclasses import replace

import numpy as np
import pytest

from promptgan.media.music import events
from promptgan.media.music.arrays import WHITE, NotOnTheRoll, lowest, read, written
from promptgan.media.music.passages import fitted
from tests.tasks.music.pieces import drawn, piece


def test_row_0_is_where_notes_begin_and_the_others_are_pitches_around_middle_c() -> None:
    roll = written(piece([(0, 12, 60), (12, 12, 60), (30, 6, 62)]), height=16)
    assert roll.shape == (1, 16, 16)
    assert roll.dtype == np.uint8
    white = [(row, column) for row, column in np.argwhere(roll[0]).tolist()]
    assert white == [(0, 0), (0, 2), (0, 5), (9, 0), (9, 1), (9, 2), (9, 3), (11, 5)]
    assert lowest(16) + 9 - 1 == 60


@pytest.mark.parametrize("seed", range(5))
def test_a_roll_says_what_the_piece_says(seed: int) -> None:
    music = fitted(drawn(seed), grid=6)
    assert read(written(music, height=80), music.metre) == (events.written(music), 0)


def test_a_roll_of_another_metre_has_other_bars() -> None:
    music = fitted(replace(drawn(1), metre="3/4"), grid=6)
    assert read(written(music, height=80), "3/4").words == events.written(music)


@pytest.mark.parametrize("note", [(0, 24, 52), (0, 24, 66), (3, 24, 60), (0, 5, 60)])
def test_what_a_roll_has_no_place_for_is_refused(note: tuple[int, int, int]) -> None:
    assert written(piece([(0, 24, 53), (24, 24, 65)]), height=14).any()
    with pytest.raises(NotOnTheRoll, match=f"pitch {note[2]} from tick {note[0]}"):
        written(piece([note]), height=14)


def test_a_grey_voice_sings_its_brightest_pitch_where_half_a_white_pixel_is_expected() -> None:
    roll = np.zeros((2, 16, 16), np.uint8)
    roll[0, [8, 9, 10], 0] = 40, 60, 50  # together more than half of 255
    roll[0, [8, 9], 4] = 60, 60  # and less
    roll[0, 9, 8:12], roll[0, 0, 10] = WHITE, WHITE
    roll[1, 0, 2] = WHITE  # begins nothing
    assert read(roll, "4/4") == (["|", "v1=60", "@6", "v1=_", "@48", "v1=60", "@60", "v1=60", "@72", "v1=_"], 2)


def test_silence_has_no_words_but_bar_lines() -> None:
    assert read(np.zeros((4, 16, 32), np.uint8), "4/4") == (["|", "|"], 0)
