import math

import numpy as np
import pytest

from promptgan.tasks.text.measures.language_model import WittenBell

TEXTS = [[4, 5, 6], [4, 5], [5, 6, 4, 5], [4], []]


def naive(texts: list[list[int]], vocabulary: int, order: int, context: tuple[int, ...], token: int) -> float:
    """The recursion of Witten and Bell, from counts of lists."""
    probability = 1 / vocabulary
    for n in range(1, order + 1):
        h = context[len(context) - n + 1 :] if n > 1 else ()
        following = []
        for text in texts:
            padded = [2] * (order - 1) + text + [3]
            at = [i for i in range(order - 1, len(padded)) if tuple(padded[i - n + 1 : i]) == h]
            following += [padded[i] for i in at]
        if following:
            kinds = len(set(following))
            probability = (following.count(token) + kinds * probability) / (len(following) + kinds)
    return probability


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_equals_the_naive_recursion(order: int) -> None:
    model = WittenBell(TEXTS, 8, order)
    for text in [[4, 5, 6], [7, 4], [6, 6, 5], []]:
        padded = [2] * (order - 1) + text + [3]
        expected = [
            math.log(naive(TEXTS, 8, order, tuple(padded[i - order + 1 : i]), padded[i]))
            for i in range(order - 1, len(padded))
        ]
        np.testing.assert_allclose(model.log_probabilities([text]), expected, rtol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_sum_to_one_after_every_context(order: int) -> None:
    model = WittenBell(TEXTS, 8, order)
    for context in [[], [4], [4, 5], [5, 6, 4], [7, 7]]:
        last = [model.log_probabilities([[*context, token]])[len(context)] for token in range(8)]
        assert np.exp(last).sum() == pytest.approx(1.0, abs=1e-12)


def test_texts_follow_one_another() -> None:
    model = WittenBell(TEXTS, 8, 3)
    apart = np.concatenate([model.log_probabilities([text]) for text in TEXTS])
    np.testing.assert_array_equal(model.log_probabilities(TEXTS), apart)
    assert model.cross_entropy(TEXTS) == pytest.approx(-apart.mean())


def test_the_largest_vocabulary_fits() -> None:
    model = WittenBell([[65_534] * 4], 65_535, 4)
    assert model.log_probabilities([[65_534] * 4])[3] > model.log_probabilities([[65_534, 65_534, 65_534, 4]])[3]


def test_nothing_to_learn_from_is_uniform() -> None:
    assert WittenBell([], 8, 3).cross_entropy([[4]]) == pytest.approx(math.log(8))


def test_more_than_64_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        WittenBell(TEXTS, 8, 5)
