"""Whether a classifier knows how sure it may be: expected calibration error, Brier score, negative log-likelihood.

A text's confidence is the probability of the label that it is given. Confidences fall into M bins of equal width, the
m-th from (m - 1) / M, left out, to m / M; the expected calibration error is the mean over texts of how far their bin's
accuracy and mean confidence are apart (Guo et al., 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599,
equation 3).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.tasks.classification.measures.bootstrap import Statistic

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

BINS = 15
"""M, as in Guo et al."""


class Bin(NamedTuple):
    """Texts of like confidence."""

    low: float
    """Confidence of the bin, left out."""
    high: float
    """The same, part of it."""
    texts: int
    confidence: float
    """The mean."""
    accuracy: float


def reliability(probabilities: Floats, labels: Integers, bins: int = BINS) -> list[Bin]:
    """The bins that hold a text, the least sure first.

    Args:
        probabilities: of each text's labels, (N, K).
        labels: the true ones, (N,).
        bins: M.
    """
    confidence, right, place = _binned(probabilities, labels, bins)
    return [
        Bin(m / bins, (m + 1) / bins, int(here.sum()), float(confidence[here].mean()), float(right[here].mean()))
        for m in range(bins)
        if (here := place == m).any()
    ]


def statistic(probabilities: Floats, labels: Integers, bins: int = BINS) -> Statistic:
    """``ece``, ``brier`` and ``nll`` (nats) of weighted texts, to be drawn again.

    The Brier score is the sum over labels, from 0 to 2 (Brier, 1950). In the logarithm a probability counts as no less
    than the rounding error of float64, as in scikit-learn.

    Args:
        probabilities: of each text's labels, (N, K).
        labels: the true ones, (N,).
        bins: M.
    """
    confidence, right, place = _binned(probabilities, labels, bins)
    gaps = np.eye(bins)[place] * (right - confidence)[:, None]
    texts = np.arange(len(labels))
    squares = np.square(probabilities - np.eye(probabilities.shape[1])[labels]).sum(1)
    logs = -np.log(probabilities[texts, labels].clip(np.finfo(np.float64).eps))

    def measured(weights: Floats) -> dict[str, Floats]:
        total = weights.sum(1)
        return {
            "ece": np.abs(weights @ gaps).sum(1) / total,
            "brier": weights @ squares / total,
            "nll": weights @ logs / total,
        }

    return measured


def _binned(probabilities: Floats, labels: Integers, bins: int) -> tuple[Floats, Floats, Integers]:
    """Confidence, whether the text is right, and its bin, (N,) each."""
    confidence = probabilities.max(1)
    right = (probabilities.argmax(1) == labels).astype(np.float64)
    return confidence, right, (np.ceil(confidence * bins).astype(np.int64) - 1).clip(0, bins - 1)
