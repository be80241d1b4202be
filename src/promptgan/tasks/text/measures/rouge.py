"""ROUGE of every text with one reference of its own, equal to the package rouge-score without stemming."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Text = Sequence[Hashable]

NAMES = ("rouge_1", "rouge_2", "rouge_l")


def rouge(texts: Sequence[Text], references: Sequence[Text]) -> Floats:
    """F1 of ROUGE-1, ROUGE-2 and ROUGE-L of each text with the reference at its place, (3, texts) (Lin, 2004).

    0 where they share nothing, or where one of them is too short to have an n-gram.
    """
    scores = [(*(_shared(t, r, n) for n in (1, 2)), _common(t, r)) for t, r in zip(texts, references, strict=True)]
    shared = np.array(scores, dtype=np.float64).reshape(-1, len(NAMES)).T
    lengths = np.array([[len(t) + len(r) for t, r in zip(texts, references, strict=True)]] * len(NAMES))
    lengths[1] -= 2  # pairs of words are one fewer on each side
    harmonic: Floats = 2 * shared / np.maximum(1, lengths)  # the mean of the shares of one number in two others
    return harmonic


def _shared(text: Text, reference: Text, n: int) -> int:
    """The n-grams of both, each as often as it stands in the one that has fewer."""
    ours, theirs = (Counter(zip(*(side[i:] for i in range(n)), strict=False)) for side in (text, reference))
    return (ours & theirs).total()


def _common(text: Text, reference: Text) -> int:
    """The length of the longest common subsequence, all of a row at once in the bits of an integer (Hyyrö, 2004)."""
    places: dict[Hashable, int] = {}
    for place, word in enumerate(reference):
        places[word] = places.get(word, 0) | 1 << place
    full = (1 << len(reference)) - 1
    row = full
    for word in text:
        match = row & places.get(word, 0)
        row = (row + match | row - match) & full
    return len(reference) - row.bit_count()
