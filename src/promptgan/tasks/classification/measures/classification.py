"""How often a classifier is right: accuracy, and precision, recall and F1 of every label, averaged over labels.

Averages are over labels (macro): each counts the same, however many texts have it. F1 is the mean of the labels' own.
What divides by nothing, as the precision of a label that is never given, is 0. All as in scikit-learn.
"""

import numpy as np
import numpy.typing as npt

from promptgan.tasks.classification.measures.bootstrap import Statistic

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def confusion(labels: Integers, predicted: Integers, count: int) -> Integers:
    """How many texts of each of ``count`` labels (rows) are given each label (columns), (K, K)."""
    return np.bincount(labels * count + predicted, minlength=count * count).reshape(count, count)


def scores(matrix: Floats) -> dict[str, Floats]:
    """Accuracy, macro precision, recall and F1 of confusion matrices (..., K, K), each (...)."""
    right = np.diagonal(matrix, axis1=-2, axis2=-1)
    there, said = matrix.sum(-1), matrix.sum(-2)
    return {
        "accuracy": right.sum(-1) / matrix.sum((-2, -1)),
        "precision": _share(right, said).mean(-1),
        "recall": _share(right, there).mean(-1),
        "macro_f1": _share(2 * right, there + said).mean(-1),
    }


def by_label(matrix: Floats) -> dict[str, Floats]:
    """Precision, recall and F1 of each label, and how many texts have it, (K,) each, of a confusion matrix (K, K)."""
    right, there, said = np.diagonal(matrix), matrix.sum(1), matrix.sum(0)
    return {
        "precision": _share(right, said),
        "recall": _share(right, there),
        "f1": _share(2 * right, there + said),
        "texts": there,
    }


def statistic(labels: Integers, predicted: Integers, count: int) -> Statistic:
    """`scores` of weighted texts, to be drawn again: labels and what was predicted, (N,), of ``count`` labels."""
    cells = np.eye(count * count)[labels * count + predicted]
    return lambda weights: scores((weights @ cells).reshape(-1, count, count))


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole > 0)
