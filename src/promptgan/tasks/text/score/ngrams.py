"""The n-grams of many texts at once, as integers."""

from collections.abc import Hashable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Texts = Sequence[Sequence[Hashable]]


def ngrams(texts: Texts, highest: int) -> Iterator[tuple[Integers, Integers]]:
    """For each order 1..``highest``: the text that each n-gram stands in, and the number of the n-gram.

    Texts are counted from 0 and come in order. Equal n-grams have equal numbers, which run from 0 without a gap in
    every order. Orders longer than every text yield empty arrays.
    """
    numbers: dict[Hashable, int] = {}
    word = np.array([numbers.setdefault(w, len(numbers)) for text in texts for w in text], dtype=np.int64)
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), [len(text) for text in texts])
    start, gram = np.arange(len(word)), word
    for order in range(1, highest + 1):
        if order > 1:
            # An n-gram is the shorter one at its start and one more word, if that word is of the same text.
            last = np.minimum(start + order - 1, len(word) - 1)
            whole = (start + order <= len(word)) & (owner[last] == owner[start])
            start, gram = start[whole], gram[whole] * len(numbers) + word[last[whole]]
            gram = np.unique(gram, return_inverse=True)[1].astype(np.int64)
        yield owner[start], gram
