import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgan.tasks.text.measures.diversity import copied, distinct, duplicate_share, longest_copied, wasserstein

TEXTS = st.lists(st.lists(st.sampled_from("ab"), max_size=6), min_size=1, max_size=5)


def naive_longest(text: list[str], train: list[list[str]]) -> int:
    grams = {tuple(t[i:j]) for t in train for i in range(len(t)) for j in range(i + 1, len(t) + 1)}
    spans = [tuple(text[i:j]) for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return max((len(span) for span in spans if span in grams), default=0)


@given(TEXTS, TEXTS)
def test_longest_copied_equals_the_naive_search(texts: list[list[str]], train: list[list[str]]) -> None:
    assert longest_copied(texts, train).tolist() == [naive_longest(text, train) for text in texts]


def test_distinct_counts_n_grams_within_texts() -> None:
    texts = [["a", "b", "a"], ["a", "b"], []]
    assert distinct(texts, 1) == pytest.approx(2 / 5)
    assert distinct(texts, 2) == pytest.approx(2 / 3)
    assert distinct(texts, 4) == 0.0


def test_duplicates_and_copies() -> None:
    assert duplicate_share(["x", "y", "x", "x"]) == 0.5
    assert copied([["a"], ["a", "b"], ["a"], []], [["a"], ["b"]]).tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("left", "right", "distance"), [([1, 2, 3], [1, 2, 3], 0.0), ([0, 0], [3], 3.0), ([1, 3], [2], 1.0)]
)
def test_wasserstein(left: list[int], right: list[int], distance: float) -> None:
    assert wasserstein(left, right) == pytest.approx(distance)


def test_wasserstein_equals_the_distance_of_sorted_samples() -> None:
    left, right = np.random.default_rng(0).integers(0, 30, (2, 200))
    assert wasserstein(left, right) == pytest.approx(np.abs(np.sort(left) - np.sort(right)).mean())
