import pytest

from promptgan.tasks.oracle.score.score import overlap


def test_the_overlap_is_what_single_tokens_and_pairs_share() -> None:
    # tokens: 1 1/2 and 2 1/2 against 1 3/4 and 3 1/4; pairs: (1, 2) and (2, 1) against (1, 1) and (1, 3)
    assert overlap([[1, 2], [2, 1]], [[1, 1], [1, 3]]) == pytest.approx((0.5 + 0.0) / 2)
    # pairs: (1, 2) 1/2 and (2, 1) 1/2 against (1, 2) 1
    assert overlap([[1, 2], [2, 1]], [[1, 2], [1, 2]]) == pytest.approx((1.0 + 0.5) / 2)


def test_the_same_sequences_share_everything_whatever_their_number() -> None:
    rows = [[1, 2, 3], [3, 3, 1]]
    assert overlap(rows, rows * 2) == pytest.approx(1.0)
    assert overlap(rows, [[4, 5, 6]]) == 0.0
