"""What the matcher is set beside: scores of every item for histories, each in a way of its own."""

from collections.abc import Callable, Sequence

import numpy as np

from promptgan.applications.bm25 import BM25
from promptgan.applications.recommendation.interactions import Indices
from promptgan.applications.recommendation.ranking import Floats

Scores = Callable[[Sequence[Indices]], Floats]
"""Of histories, to the score of every item, (histories, items)."""


def counted(known: Sequence[Indices], items: int) -> Floats:
    """How many users liked each item, (items,)."""
    return np.bincount(np.concatenate([*known, np.zeros(0, np.int64)]), minlength=items).astype(np.float64)


def popularity(known: Sequence[Indices], items: int) -> Scores:
    """By how many users liked an item, the same for everybody."""
    counts = counted(known, items)
    return lambda histories: np.tile(counts, (len(histories), 1))


def cooccurrence(known: Sequence[Indices], items: int) -> Scores:
    """By who liked both: the sum of an item's cosines with those of the history (Deshpande and Karypis, 2004).

    The cosine of two items is the number of users who liked both, over the geometric mean of the numbers of those who
    liked either. No text is read.
    """
    from scipy.sparse import csr_array, diags_array

    def matrix(rows: Sequence[Indices]) -> csr_array:
        starts = np.cumsum([0, *map(len, rows)])
        return csr_array((np.ones(starts[-1]), np.concatenate(rows), starts), shape=(len(rows), items))

    users = matrix(known)
    lengths = diags_array(1 / np.sqrt(np.maximum(counted(known, items), 1)))
    cosines = lengths @ (users.T @ users) @ lengths
    return lambda histories: (matrix(histories) @ cosines).toarray()


def bm25(texts: Sequence[str], latest: int) -> Scores:
    """By the words that an item's text shares with those of the latest items of a history.

    Raises:
        NotInstalled: bm25s is not.
    """
    index = BM25(texts)
    return lambda histories: np.stack([
        index.scores(" ".join(texts[item] for item in history[-latest:])) for history in histories
    ])  # fmt: skip


def chance(items: int, seed: int) -> Scores:
    """In a random order of each user's own."""
    return lambda histories: np.random.default_rng(seed).random((len(histories), items))
