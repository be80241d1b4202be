"""An n-gram language model: how likely texts are under real text, and real text under generated text."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Tokens = Sequence[Sequence[int]]


class WittenBell:
    """An interpolated n-gram model with Witten-Bell smoothing over token ids.

    P(w | h) = (c(hw) + T(h) P(w | h')) / (c(h) + T(h)), where c counts, T(h) is how many different tokens follow h, and
    h' is h without its first token; P of order 0 is uniform (Witten and Bell, 1991; Chen and Goodman, 1999, eq. 17).
    It has no parameter that a small or a degenerate set of texts leaves undetermined.

    Args:
        texts: token ids below ``vocabulary``, without begin and end.
        vocabulary: how many ids there are, at most 65,535; begin and end are among them.
        order: longest n-gram, at most 4.
        bos: the id that fills the context before a text.
        eos: the id that ends a text.
    """

    def __init__(self, texts: Tokens, vocabulary: int, order: int, bos: int = 2, eos: int = 3) -> None:
        if not (1 <= order <= 4 and vocabulary <= 65_535):
            raise ValueError(f"order {order} and vocabulary {vocabulary} do not fit into 64 bits")
        self.vocabulary, self.order, self.bos, self.eos = vocabulary, order, bos, eos
        self._tables = []
        for codes in self._codes(texts):
            grams, counts = np.unique(codes, return_counts=True)
            contexts, first = np.unique(grams // self._base, return_index=True)
            if not len(grams):
                totals = kinds = np.zeros(0)
            else:
                totals, kinds = np.add.reduceat(counts, first), np.diff(np.r_[first, len(grams)])
            self._tables.append((grams, counts.astype(np.float64), contexts, totals.astype(np.float64), kinds))

    @property
    def _base(self) -> np.uint64:
        return np.uint64(self.vocabulary)

    def log_probabilities(self, texts: Tokens) -> Floats:
        """Natural logarithm of the probability of every token, the ends included; the texts one after the other."""
        codes = self._codes(texts)
        probability = np.full(len(codes[0]), 1 / self.vocabulary)
        for code, (grams, counts, contexts, totals, kinds) in zip(codes, self._tables, strict=True):
            count = _look_up(grams, counts, code)
            total, different = (_look_up(contexts, values, code // self._base) for values in (totals, kinds))
            known = total > 0
            probability[known] = ((count + different * probability) / np.where(known, total + different, 1))[known]
        logs: Floats = np.log(probability)
        return logs

    def cross_entropy(self, texts: Tokens) -> float:
        """Mean negative log-probability of a token of ``texts`` in nats, the ends counted."""
        return float(-self.log_probabilities(texts).mean())

    def _codes(self, texts: Tokens) -> list[Codes]:
        """For each order n, the last n tokens at every position as one number in base ``vocabulary``."""
        before = [self.bos] * (self.order - 1)
        flat = np.array([w for text in texts for w in (*before, *text, self.eos)], dtype=np.uint64)
        lengths = np.array([len(text) + self.order for text in texts], dtype=np.int64)
        inside = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths) >= len(before)
        at = np.flatnonzero(inside)
        codes, code, place = [], np.zeros(len(at), dtype=np.uint64), np.uint64(1)
        for back in range(self.order):
            code = code + flat[at - back] * place
            place = place * self._base if back + 1 < self.order else place
            codes.append(code)
        return codes


def _look_up(keys: Codes, values: npt.NDArray[np.generic], wanted: Codes) -> Floats:
    found = np.zeros(len(wanted))
    if len(keys):
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found[:] = np.where(keys[at] == wanted, values[at], 0)
    return found
