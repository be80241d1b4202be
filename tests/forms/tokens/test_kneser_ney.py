"""The n-gram model against its definition, written plainly, and against what it replaces, on English prose."""

import itertools
import math
import pydoc_data.topics
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptgan.forms.tokens.kneser_ney import FALLBACK, KneserNey, discounts_of
from promptgan.terms.words import segments

END = 0
TEXTS = [[4, 5, 6], [4, 5], [5, 6, 4, 5], [4], [], [1, 1, 1, 1, 4, 5]]
TOKENS = st.lists(st.lists(st.integers(1, 4), max_size=6), max_size=8)


class Plain:
    """The definition, with dictionaries of tuples; the beginning of a text is -1."""

    def __init__(self, texts: list[list[int]], vocabulary: int, order: int) -> None:
        self.vocabulary, self.order = vocabulary, order
        padded = [(-1, *text, END) for text in texts]
        occurs = Counter(t[i:j] for t in padded for i in range(len(t)) for j in range(i + 1, len(t) + 1))
        occurs = Counter({gram: n for gram, n in occurs.items() if len(gram) <= order and gram != (-1,)})
        before: dict[tuple[int, ...], set[int]] = {}
        for gram in occurs:
            before.setdefault(gram[1:], set()).add(gram[0])
        self.counts = {
            gram: n if len(gram) == order or gram[0] == -1 else len({*before.get(gram, ()), *self.start(gram, padded)})
            for gram, n in occurs.items()
        }
        self.discounts = [
            discounts_of(np.array([n for gram, n in self.counts.items() if len(gram) == k], dtype=np.int64))
            for k in range(1, order + 1)
        ]

    def start(self, gram: tuple[int, ...], padded: list[tuple[int, ...]]) -> set[int]:
        """The beginning, if the n-gram follows it: the one token alone is no n-gram, and yet precedes."""
        return {-1} if any(text[1 : len(gram) + 1] == gram for text in padded) else set()

    def discount(self, gram: tuple[int, ...]) -> float:
        return self.discounts[len(gram) - 1][min(self.counts[gram], 3) - 1]

    def probability(self, context: tuple[int, ...], token: int) -> float:
        following = [g for g in self.counts if g[:-1] == context]
        lower = self.probability(context[1:], token) if context else 1 / self.vocabulary
        if not following:
            return lower
        total, gram = sum(self.counts[g] for g in following), (*context, token)
        own = self.counts[gram] - self.discount(gram) if gram in self.counts else 0
        return (own + sum(map(self.discount, following)) * lower) / total

    def log_probabilities(self, text: list[int]) -> list[float]:
        padded = [-1, *text, END]
        return [
            math.log(self.probability(tuple(padded[max(0, i - self.order + 1) : i]), padded[i]))
            for i in range(1, len(padded))
        ]


def witten_bell(texts: list[list[int]], told: list[list[int]], vocabulary: int, order: int) -> float:
    """Mean nats of a token under an interpolated Witten-Bell model (Chen and Goodman, 1999, equation 17)."""
    counts: Counter[tuple[int, ...]] = Counter()
    for text in texts:
        padded = (*[-1] * (order - 1), *text, END)
        counts.update(padded[i - n : i + 1] for i in range(order - 1, len(padded)) for n in range(order))
    totals: Counter[tuple[int, ...]] = Counter()
    kinds: Counter[tuple[int, ...]] = Counter()
    for gram, n in counts.items():
        totals[gram[:-1]] += n
        kinds[gram[:-1]] += 1
    logs = []
    for text in told:
        padded = (*[-1] * (order - 1), *text, END)
        for i in range(order - 1, len(padded)):
            p = 1 / vocabulary
            for n in range(order):
                if total := totals[h := padded[i - n : i]]:
                    p = (counts[(*h, padded[i])] + kinds[h] * p) / (total + kinds[h])
            logs.append(math.log(p))
    return -sum(logs) / len(logs)


@pytest.fixture(scope="module")
def prose() -> tuple[list[list[int]], list[list[int]], int]:
    """Sentences of Python's reference manual, a fifth of them held out, as word ids; and how many ids there are."""
    sentences = [s for topic in pydoc_data.topics.topics.values() for s in topic.split(". ") if 20 < len(s) < 300]
    random.Random(0).shuffle(sentences)
    split = [segments(sentence) for sentence in sentences[:1500]]
    ids = {word: n for n, word in enumerate(sorted({w for text in split[300:] for w in text}), 2)}
    coded = [[ids.get(word, 1) for word in text] for text in split]
    return coded[300:], coded[:300], len(ids) + 2


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@given(texts=TOKENS, told=TOKENS)
@settings(deadline=None, max_examples=40)
def test_equals_the_definition(order: int, texts: list[list[int]], told: list[list[int]]) -> None:
    plain, found = Plain(texts, 6, order), KneserNey(texts, 6, order, END).log_probabilities(told)
    np.testing.assert_allclose(found, [x for text in told for x in plain.log_probabilities(text)], rtol=1e-9)


@pytest.mark.parametrize("order", [2, 3])
def test_equals_the_definition_on_prose(prose: tuple[list[list[int]], list[list[int]], int], order: int) -> None:
    fitted, told, vocabulary = prose[0][:150], prose[1][:3], prose[2]
    plain, model = Plain(fitted, vocabulary, order), KneserNey(fitted, vocabulary, order, END)
    assert all(each != FALLBACK for each in plain.discounts[:2])
    expected = [x for text in told for x in plain.log_probabilities(text)]
    np.testing.assert_allclose(model.log_probabilities(told), expected, rtol=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_sum_to_one_after_every_context(order: int) -> None:
    model = KneserNey(TEXTS, 8, order, END)
    for length in range(4):
        for context in itertools.product([1, 4, 5, 7], repeat=length):
            told = [[*context, token] for token in range(1, 8)]
            logs = model.log_probabilities([*told, list(context)])
            at = np.arange(7) * (length + 2) + length
            assert np.exp([*logs[at], logs[-1]]).sum() == pytest.approx(1.0, abs=1e-12)


def test_better_than_witten_bell_on_prose(prose: tuple[list[list[int]], list[list[int]], int]) -> None:
    fitted, told, vocabulary = prose
    found = KneserNey(fitted, vocabulary, 3, END).cross_entropy(told)
    assert found < witten_bell(fitted, told, vocabulary, 3) - 0.02


def test_texts_follow_one_another() -> None:
    model = KneserNey(TEXTS, 8, 3, END)
    apart = np.concatenate([model.log_probabilities([text]) for text in TEXTS])
    np.testing.assert_array_equal(model.log_probabilities(TEXTS), apart)
    assert model.cross_entropy(TEXTS) == pytest.approx(-apart.mean())


def test_discounts_are_those_of_chen_and_goodman() -> None:
    counts = np.repeat([1, 2, 3, 4, 9], [100, 30, 14, 8, 5])
    y = 100 / 160
    assert discounts_of(counts) == pytest.approx((1 - 2 * y * 0.3, 2 - 3 * y * 14 / 30, 3 - 4 * y * 8 / 14))
    assert discounts_of(counts[counts != 3]) == FALLBACK
    assert discounts_of(np.repeat([1, 2, 3, 4], [100, 10, 40, 5])) == FALLBACK  # 2's would be negative


def test_the_largest_vocabulary_fits_and_no_larger_one() -> None:
    model = KneserNey([[65_534] * 4], 65_535, 4, END)
    assert model.log_probabilities([[65_534] * 4])[3] > model.log_probabilities([[65_534, 65_534, 65_534, 4]])[3]
    with pytest.raises(ValueError, match="64 bits"):
        KneserNey(TEXTS, 65_536, 4, END)


def test_nothing_to_learn_from_is_uniform() -> None:
    assert KneserNey([], 8, 3, END).cross_entropy([[4]]) == pytest.approx(math.log(8))
