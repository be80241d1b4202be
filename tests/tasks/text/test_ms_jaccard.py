import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgan.tasks.text.score.ms_jaccard import ms_jaccard, telling_order

TEXTS = st.lists(st.lists(st.integers(0, 3), max_size=6), min_size=1, max_size=6)


def by_definition(generated: list[list[int]], real: list[list[int]], n: int) -> float:
    """The paper's formula, term by term."""
    scores = []
    for order in range(1, n + 1):
        grams = [
            [tuple(t[i : i + order]) for t in side for i in range(len(t) - order + 1)] for side in (generated, real)
        ]
        universe = set(grams[0]) | set(grams[1])
        if not universe:
            continue
        a = {g: grams[0].count(g) / len(generated) for g in universe}
        b = {g: grams[1].count(g) / len(real) for g in universe}
        scores.append(sum(min(a[g], b[g]) for g in universe) / sum(max(a[g], b[g]) for g in universe))
    return math.prod(scores) ** (1 / len(scores)) if scores else 0.0


@given(TEXTS, TEXTS, st.integers(1, 5))
def test_equals_the_paper_definition(generated: list[list[int]], real: list[list[int]], n: int) -> None:
    assert ms_jaccard(generated, real, n) == pytest.approx(by_definition(generated, real, n), abs=1e-12)


def test_is_one_for_the_same_texts_repeated() -> None:
    texts = [["a", "b", "c"], ["a", "d"]]
    assert ms_jaccard(texts * 3, texts, 3) == pytest.approx(1.0, abs=1e-12)


def test_falls_with_repetition() -> None:
    real = [["a", "b"], ["c", "d"], ["e", "f"]]
    assert ms_jaccard([["a", "b"]] * 3, real, 2) < ms_jaccard([["a", "b"], ["c", "d"], ["c", "d"]], real, 2)


@pytest.mark.parametrize(("generated", "real"), [([], [["a"]]), ([["a"]], []), ([[]], [["a"]]), ([[]], [[]])])
def test_is_zero_where_nothing_is_shared(generated: list[list[str]], real: list[list[str]]) -> None:
    assert ms_jaccard(generated, real, 4) == 0.0


def test_an_order_tells_where_real_texts_share_enough_of_its_n_grams() -> None:
    """Of two words each, next to the same word: pairs are shared by all, longer ones by none."""
    apart = [[word, word + 1000, -1, -2] for word in range(200)]
    assert telling_order(apart) == 2
    assert telling_order(apart[:198]) == 1, "99 texts with as many others"
    assert telling_order([[1, 2, 3, 4, 5]] * 200) == 4
    assert telling_order([[word] for word in range(200)]) == 1
