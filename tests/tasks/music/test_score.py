"""What training validates music by."""

import pytest
import torch

from promptgan.networks.tensors.piano_roll import network
from promptgan.tasks.music.score.tensors import counts, played, similarity
from promptgan.tasks.music.score.tokens import overlap

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


def test_pairs_of_a_column_and_a_quarter_apart_are_counted() -> None:
    rolls = torch.zeros(1, 1, 3, 8, dtype=torch.uint8)
    rolls[0, 0, [1, 2], 0] = 255  # together
    rolls[0, 0, 1, 4] = 255  # a quarter later
    white, now, later = counts(rolls)
    assert white.sum() == 3
    assert now.tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1]]
    assert later.tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 0]]


def test_a_roll_is_counted_as_it_is_read_the_brightest_pitch_of_a_voice_or_a_rest() -> None:
    """As `networks/tensors/piano_roll` plays it, which no network need be loaded for."""
    rolls = torch.randint(0, 256, (5, 3, 7, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    rolls[1] //= 8  # quiet: mostly rests
    read = (network.played(rolls.float() / 255) * 255).byte()
    assert all(map(torch.equal, counts(played(rolls)), counts(read)))
    assert 0 < (read[1, :, 1:] > 0).float().mean() < (read[0, :, 1:] > 0).float().mean()


def test_counts_are_similar_as_far_as_both_have_them() -> None:
    real = torch.tensor([2.0, 0.0, 2.0])
    assert similarity(real, real) == 1
    assert similarity(torch.tensor([0.0, 5.0, 0.0]), real) == 0
    assert similarity(torch.tensor([2.0, 2.0, 0.0]), real) == pytest.approx(0.5)
    assert similarity(torch.zeros(3), torch.zeros(3)) == 1
