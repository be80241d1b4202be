"""Which label a text has, by naive Bayes over its tokens and pairs of neighbouring tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Texts = Sequence[Sequence[int]]


class NaiveBayes:
    """Multinomial naive Bayes over the different tokens and token pairs of a text, with Laplace smoothing.

    Each counts once in a text (Wang and Manning, 2012, Baselines and bigrams, ACL, section 2.1): on texts of a sentence
    it is as good as what is learnt by gradients. What no fitted text has is left aside.

    Args:
        vocabulary: token ids.
        grams: what the fitted texts have, numbered and sorted, (G,).
        counts: in how many texts of each label, (K, G).
        texts: of each label, (K,).
    """

    def __init__(self, vocabulary: int, grams: Integers, counts: Integers, texts: Integers) -> None:
        self.vocabulary, self.grams, self.counts, self.texts = vocabulary, grams, counts, texts
        self.totals = counts.sum(1)

    @classmethod
    def fitted(cls, texts: Texts, labels: Sequence[int], vocabulary: int, kinds: int = 2) -> "NaiveBayes":
        """Count texts of labels 0 to ``kinds`` - 1, token ids below ``vocabulary`` without special tokens."""
        each = [_grams(text, vocabulary) for text in texts]
        grams, at = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *each]), return_inverse=True)
        counts = np.zeros((kinds, len(grams)), dtype=np.int64)
        np.add.at(counts, (np.repeat(np.array(labels, dtype=np.int64), [len(g) for g in each]), at), 1)
        return cls(vocabulary, grams, counts, np.bincount(labels, minlength=kinds))

    def log_odds(self, texts: Texts, apart: tuple[Texts, Sequence[int]] | None = None) -> Floats:
        """ln P(1 | text) - ln P(0 | text) of two labels, (texts,); arguments as of `log_joint`."""
        joint = self.log_joint(texts, apart)
        odds: Floats = joint[:, 1] - joint[:, 0]
        return odds

    def log_joint(self, texts: Texts, apart: tuple[Texts, Sequence[int]] | None = None) -> Floats:
        """ln P(text, label) but for what all labels have in common, (texts, K).

        Args:
            texts: token ids.
            apart: fitted texts and their labels, one for each of ``texts``, which is judged as if that one had not been
                counted: so a text may be judged by what it was fitted on, or stems from.
        """
        rows = [self._one(text, *(both or ((), 0))) for text, *both in zip(texts, *(apart or ()), strict=True)]
        return np.array(rows, dtype=np.float64).reshape(len(texts), len(self.texts))

    def _one(self, text: Sequence[int], left_out: Sequence[int], label: int) -> Floats:
        known = self._places(text)
        counts, totals, texts = self.counts[:, known].copy(), self.totals.copy(), self.texts.copy()
        if len(left_out):
            gone = self._places(left_out)
            counts[label] -= np.isin(known, gone)
            totals[label] -= len(gone)
            texts[label] -= 1
        likelihoods = np.log((counts + 1) / (totals + len(self.grams))[:, None]).sum(1)
        scores: Floats = likelihoods + np.log(texts + 1)
        return scores

    def _places(self, text: Sequence[int]) -> Integers:
        """Where the tokens and pairs of a text stand among those that are known."""
        own = _grams(text, self.vocabulary)
        at = np.minimum(np.searchsorted(self.grams, own), len(self.grams) - 1)
        known: Integers = at[self.grams[at] == own]
        return known

    def state(self) -> dict[str, Any]:
        """What `NaiveBayes` is built from, its vocabulary aside, as arrays."""
        return {"grams": self.grams, "counts": self.counts, "texts": self.texts}


def _grams(text: Sequence[int], vocabulary: int) -> Integers:
    """The different tokens and pairs of neighbours, as numbers: a token is its id, a pair is above all ids."""
    ids = np.array(text, dtype=np.int64)
    return np.unique(np.concatenate([ids, (ids[:-1] + 1) * vocabulary + ids[1:]]))
