"""How likely texts are under real text, and real text under generated text: n-gram models over words."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from promptgan.forms.tokens.kneser_ney import KneserNey, most_ids

Floats = npt.NDArray[np.float64]
Texts = list[list[str]]

END, UNKNOWN, FIRST = 0, 1, 2
"""Ids: what ends a text, every word that the vocabulary lacks, and the first of the words that it has."""


class WordModels:
    """Models that share one closed vocabulary: the words of real texts, every other word being the same ``<unk>``.

    Words and not a recipe's tokens, so that the numbers of recipes with other tokenizers compare. One vocabulary for
    every model, whatever it is fitted on, so that texts of few words do not score by making all others unknown. The
    real texts hold no unknown word, so a model that is fitted on them gives it what smoothing leaves.

    Args:
        real: the texts that close the vocabulary, and that `nats` is fitted on, in words.
        order: longest n-gram; above 3 the vocabulary is the most frequent 65,533 words.
    """

    def __init__(self, real: Texts, order: int) -> None:
        counts = Counter(word for text in real for word in text)
        frequent = sorted(counts, key=lambda word: (-counts[word], word))[: most_ids(order) - FIRST]
        self._ids = {word: place for place, word in enumerate(frequent, FIRST)}
        self.order = order
        self._real = self._fit(real)

    @property
    def words(self) -> int:
        """How many words the vocabulary has."""
        return len(self._ids)

    def nats(self, texts: Texts) -> Floats:
        """Negative log-probability of each text under the real ones, its end included, in nats; (texts,)."""
        lengths = np.array([len(text) + 1 for text in texts], dtype=np.int64)
        logs = self._real.log_probabilities(self._coded(texts))
        nats: Floats = -np.add.reduceat(logs, np.cumsum(lengths) - lengths)
        return nats

    def cross_entropy(self, told: Texts, fitted: Texts) -> float:
        """Nats per word of ``told``, ends counted, under a model of ``fitted``."""
        return self._fit(fitted).cross_entropy(self._coded(told))

    def _fit(self, texts: Texts) -> KneserNey:
        return KneserNey(self._coded(texts), self.words + FIRST, self.order, END)

    def _coded(self, texts: Iterable[list[str]]) -> list[list[int]]:
        return [[self._ids.get(word, UNKNOWN) for word in text] for text in texts]


def signature(order: int) -> str:
    """How the numbers are computed, but for what they are fitted on."""
    return f"nats per word, ends counted, interpolated modified Kneser-Ney, order {order}"
