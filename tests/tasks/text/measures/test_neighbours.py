import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptgan.tasks.text.measures.neighbours import nearest

TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=6), min_size=1, max_size=6)


def runs(text: list[str]) -> set[tuple[str, ...]]:
    return {tuple(text[i:j]) for i in range(len(text)) for j in range(i + 1, min(i + 3, len(text)) + 1)}


@given(TEXTS, TEXTS)
def test_equals_the_distance_to_every_training_text(texts: list[list[str]], train: list[list[str]]) -> None:
    expected = []
    for own in map(runs, texts):
        likeness = [len(own & theirs) / len(own | theirs) if own | theirs else 0.0 for theirs in map(runs, train)]
        expected.append(1 - max(likeness))
    np.testing.assert_allclose(nearest(texts, train), expected, rtol=0, atol=1e-12)


def test_a_copy_has_no_distance_and_nothing_shared_all() -> None:
    assert nearest([["a", "b"], ["x"], []], [["c"], ["a", "b"]]).tolist() == [0.0, 1.0, 1.0]


def test_without_training_texts_there_is_none() -> None:
    with pytest.raises(ValueError, match="nearest"):
        nearest([["a"]], [])
