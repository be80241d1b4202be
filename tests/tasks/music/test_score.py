"""What training validates music by."""

import pytest

from promptgan.tasks.music.score.score import overlap

REAL = [[4, 5, 6, 3], [4, 6, 5, 3]]


def test_the_same_music_overlaps_entirely_whatever_its_order() -> None:
    assert overlap(REAL, list(reversed(REAL))) == pytest.approx(1)


def test_other_music_does_not_overlap() -> None:
    assert overlap([[7, 8, 9]], REAL) == 0


def test_the_mean_over_runs_of_one_two_and_three_is_geometric() -> None:
    # Of the events of 4 5 6 3 real music has all as often; of its pairs and runs of three, one half.
    assert overlap([REAL[0]], REAL) == pytest.approx((1 * 0.5 * 0.5) ** (1 / 3))


def test_nothing_overlaps_with_nothing_to_no_extent() -> None:
    assert overlap([[]], REAL) == 0
