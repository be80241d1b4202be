"""A classifier that counts words: what it says can be worked out by hand."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from promptgan.terms.words import words

WEIGHTS = {"good": 2.0, "fine": 1.0, "film": 0.1, "bad": -2.0, "dull": -1.0, "好": 2.0, "坏": -2.0}


class Counting:
    """Two labels, 0 and 1; the log odds of the second are the sum of the words' weights, and a little for 0."""

    def __init__(self, weights: Mapping[str, float] = WEIGHTS) -> None:
        self.weights = weights
        self.calls: list[list[str]] = []

    def __call__(self, texts: list[str]) -> npt.NDArray[np.float64]:
        self.calls.append(texts)
        odds = np.array([sum(self.weights.get(word, 0.0) for word in words(text)) for text in texts]) - 0.05
        second = 1 / (1 + np.exp(-odds))
        return np.stack([1 - second, second], 1)
