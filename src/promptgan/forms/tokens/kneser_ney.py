"""An n-gram language model over token ids, with modified Kneser-Ney smoothing."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Tokens = Sequence[Sequence[int]]

FALLBACK = (0.5, 1.0, 1.5)
"""Discounts of an order whose counts of counts determine none: those of KenLM's `--discount_fallback`."""


class Order(NamedTuple):
    """What is known of the n-grams of one length."""

    grams: Codes
    """Those that occur, sorted."""
    discounted: Floats
    """Of each, its adjusted count less the discount."""
    contexts: Codes
    """The n-grams without their last token, sorted."""
    totals: Floats
    """Of each context, the adjusted counts of what follows it."""
    left: Floats
    """Of each context, the discounts together, which go to the order below."""


class KneserNey:
    """An interpolated n-gram model with modified Kneser-Ney smoothing (Chen and Goodman, 1999, section 4.1.6).

    P(w | h) = (a(hw) - D(a(hw)) + g(h) P(w | h')) / a(h.), where h' is h without its first token and g(h) is the sum of
    the discounts of all that follows h. a counts occurrences for the longest n-grams and for those at the beginning of
    a text, which nothing precedes; of all others it counts the different tokens that precede them. The discounts of 1,
    2, and 3 or more follow from how many n-grams of that order have a count of 1, 2, 3 and 4. Below order 1 all ids are
    equally likely. A context that no text has leaves the probability to its shorter one.

    Args:
        texts: token ids below ``vocabulary``, without their end.
        vocabulary: how many ids there are, the end among them.
        order: longest n-gram.
        end: the id that ends a text.

    Raises:
        ValueError: n-grams of that order and vocabulary do not fit into 64 bits.
    """

    def __init__(self, texts: Tokens, vocabulary: int, order: int, end: int) -> None:
        if order < 1 or vocabulary > most_ids(order):
            raise ValueError(f"order {order} and vocabulary {vocabulary} do not fit into 64 bits")
        self.vocabulary, self.order, self.end = vocabulary, order, end
        self._base = np.uint64(vocabulary + 1)  # one more id, which stands for the beginning
        counted = [np.unique(codes[whole], return_counts=True) for codes, whole in self._codes(texts)]
        self.orders = [self._smoothed(*self._adjusted(counted, n)) for n in range(1, order + 1)]

    def log_probabilities(self, texts: Tokens) -> Floats:
        """Natural logarithm of the probability of every token, the ends included; the texts one after the other."""
        coded = self._codes(texts)
        probability = np.full(len(coded[0][0]), 1 / self.vocabulary)
        for (codes, whole), known in zip(coded, self.orders, strict=True):
            context = codes // self._base
            total = np.where(whole, _look_up(known.contexts, known.totals, context), 0)
            own, left = _look_up(known.grams, known.discounted, codes), _look_up(known.contexts, known.left, context)
            seen = total > 0
            probability[seen] = (own[seen] + left[seen] * probability[seen]) / total[seen]
        logs: Floats = np.log(probability)
        return logs

    def cross_entropy(self, texts: Tokens) -> float:
        """Mean negative log-probability of a token of ``texts`` in nats, the ends counted."""
        return float(-self.log_probabilities(texts).mean())

    def _codes(self, texts: Tokens) -> list[tuple[Codes, npt.NDArray[np.bool_]]]:
        """For each order n, the last n tokens at every position as one number, and whether there are n.

        The beginning of a text is a token too, so that its first word has one token of context.
        """
        flat = np.array([w for text in texts for w in (self.vocabulary, *text, self.end)], dtype=np.uint64)
        lengths = np.array([len(text) + 2 for text in texts], dtype=np.int64)
        place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        at = np.flatnonzero(place > 0)
        found, code, power = [], np.zeros(len(at), dtype=np.uint64), np.uint64(1)
        for back in range(self.order):
            whole = place[at] >= back
            code = code + np.where(whole, flat[np.maximum(at - back, 0)], 0).astype(np.uint64) * power
            power = power * self._base if back + 1 < self.order else power
            found.append((code, whole))
        return found

    def _adjusted(self, counted: Sequence[tuple[Codes, Integers]], n: int) -> tuple[Codes, Integers]:
        """The n-grams that occur, sorted, and their adjusted counts."""
        grams, counts = counted[n - 1]
        if n == len(counted):
            return grams, counts
        suffixes, preceding = np.unique(counted[n][0] % self._base ** np.uint64(n), return_counts=True)
        first = grams // self._base ** np.uint64(n - 1) == self.vocabulary
        codes = np.concatenate([suffixes, grams[first]])
        order = np.argsort(codes)
        return codes[order], np.concatenate([preceding, counts[first]])[order]

    def _smoothed(self, grams: Codes, counts: Integers) -> Order:
        discounts = np.array([0.0, *discounts_of(counts)])[np.minimum(counts, 3)]
        contexts, first = np.unique(grams // self._base, return_index=True)
        totals, left = (
            np.add.reduceat(values, first) if len(grams) else np.zeros(0)
            for values in (counts.astype(np.float64), discounts)
        )
        return Order(grams, counts - discounts, contexts, totals, left)


def most_ids(order: int) -> int:
    """How many ids there may be, beside a beginning, for n-grams to be numbered with 64 bits."""
    return int(2 ** (64 / order)) - 1


def discounts_of(counts: Integers) -> tuple[float, float, float]:
    """What is taken from a count of 1, of 2, and of 3 or more (Chen and Goodman, 1999, equation 26).

    `FALLBACK` where one of the counts 1 to 4 does not occur or a discount would be negative, as in small or odd sets.
    """
    ones, twos, threes, fours = (int((counts == n).sum()) for n in (1, 2, 3, 4))
    if not (ones and twos and threes and fours):
        return FALLBACK
    y = ones / (ones + 2 * twos)
    found = (1 - 2 * y * twos / ones, 2 - 3 * y * threes / twos, 3 - 4 * y * fours / threes)
    return found if min(found) >= 0 else FALLBACK


def _look_up(keys: Codes, values: Floats, wanted: Codes) -> Floats:
    found = np.zeros(len(wanted))
    if len(keys):
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found[:] = np.where(keys[at] == wanted, values[at], 0)
    return found
