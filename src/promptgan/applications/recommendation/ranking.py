"""How well scores put the item that was held out above all others."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from promptgan.applications.recommendation.interactions import Indices, Questions

Floats = npt.NDArray[np.floating[Any]]
Scores = Callable[[Sequence[Indices]], Floats]
"""Of histories, to the score of every item, (histories, items)."""

AT_ONCE = 256
"""Users whose scores are held at once."""
DEPTH = 10
"""Places that count."""
DISCOUNTS = 1 / np.log2(np.arange(DEPTH) + 2)


def unseen(scores: Floats, histories: Sequence[Indices]) -> Floats:
    """Scores (users, items) in which what a user liked already comes last."""
    found = scores.astype(np.float64)
    for row, history in zip(found, histories, strict=True):
        row[history] = -np.inf
    return found


def ranked(scores: Scores, questions: Questions) -> dict[str, npt.NDArray[np.float64]]:
    """Hit rate and nDCG at 10 of each user, (users,).

    ``hit_rate`` is 1 where the held-out item is among the first ten (Deshpande and Karypis, 2004). ``ndcg`` is its
    discounted cumulative gain, 1 / log2(1 + place) within the first ten and 0 beyond (Jarvelin and Kekalainen, 2002);
    with one relevant item the ideal is 1. All items are ranked that the user has not liked before: among a sample of
    them both would be other measures, which may order systems otherwise (Krichene and Rendle, 2020). Of equal scores
    every order is as likely, and the mean over all is taken (McSherry and Najork, 2008).

    Args:
        scores: what ranks.
        questions: of users.
    """
    places = []
    for start in range(0, len(questions.targets), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        candidates = unseen(scores(questions.histories[part]), questions.histories[part])
        true = candidates[np.arange(len(candidates)), questions.targets[part]][:, None]
        places.append([(candidates > true).sum(1), (candidates == true).sum(1)])
    above, equal = np.concatenate(places, axis=1)  # of the equal ones it is one itself

    def mean(gains: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        summed = np.concatenate([[0.0], gains.cumsum()])
        gained: npt.NDArray[np.float64] = (
            summed[np.minimum(above + equal, DEPTH)] - summed[np.minimum(above, DEPTH)]
        ) / equal
        return gained

    return {"hit_rate": mean(np.ones(DEPTH)), "ndcg": mean(DISCOUNTS)}
