"""What the matcher is set beside: scores of every item for histories, each in a way of its own."""

from collections.abc import Callable, Sequence

import numpy as np

from promptgan.applications.bm25 import BM25
from promptgan.applications.recommendation.interactions import Indices, Interactions
from promptgan.applications.recommendation.ranking import Floats, Scores, ranked

LENGTHS = (3, 5, 10, 20, 50)
"""Of the history, of which validation chooses one."""


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


def bm25(texts: Sequence[str]) -> Scores:
    """By the words that an item's text shares with those of the history.

    Raises:
        ToolMissing: bm25s is not installed.
    """
    index = BM25(texts)
    return lambda histories: np.stack([index.scores(" ".join(texts[n] for n in history)) for history in histories])


def latest(make: Callable[[Sequence[Indices]], Scores], interactions: Interactions) -> tuple[Scores, int]:
    """Scores for the test that know the latest items of a history alone, as many of `LENGTHS` as rank best before it.

    Args:
        make: scores out of what users liked.
        interactions: their validation chooses.

    Returns:
        The scores, and how many items they know.
    """
    scores, questions = make(interactions.known("val")), interactions.held_out("val")

    def reached(length: int) -> float:
        return float(ranked(cut(scores, length), questions)["ndcg"].mean())

    def cut(scores: Scores, length: int) -> Scores:
        return lambda histories: scores([history[-length:] for history in histories])

    best = max(LENGTHS, key=reached)
    return cut(make(interactions.known("test")), best), best


def chance(items: int, seed: int) -> Scores:
    """In a random order of each user's own."""
    random = np.random.default_rng(seed)
    return lambda histories: random.random((len(histories), items))
