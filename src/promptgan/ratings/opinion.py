"""What several people's ratings say together: means, preferences, and how far the raters agree."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.core.errors import PromptganError
from promptgan.ratings.kept import Rating
from promptgan.terms.systems import SYSTEMS

DRAWS = 10_000
"""Of the bootstrap over prompts."""
FEWEST = 10
"""Prompts below which an interval says nothing."""

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float, float]
"""A mean over prompts, and the ends of its 95 % interval."""


class TooFewRatings(PromptganError):
    """Too few prompts have a rating of every system's answer."""


class Opinion(NamedTuple):
    """What raters say."""

    raters: int
    prompts: int
    """Those whose answers all have a rating, over which the intervals are."""
    alpha: float | None
    """Krippendorff's; None where fewer than two rated the same."""
    means: dict[str, Interval]
    """Mean rating of each system."""
    preferences: dict[str, Interval]
    """Of each pair `A over B`: how often A's answer to a prompt is rated above B's, a tie being half."""


def opinion(ratings: Sequence[Rating], seed: int = 1) -> Opinion:
    """What ratings of one set of samples say of the systems; the same in whatever order they are.

    Raises:
        TooFewRatings: fewer than `FEWEST` prompts have a rating of every system's answer.
    """
    raters = sorted({rating.rater for rating in ratings})
    answers = sorted({(rating.prompt, rating.systems) for rating in ratings})
    given = {(rating.rater, rating.prompt, rating.systems): float(rating.rating) for rating in ratings}
    table = np.array([[given.get((rater, *answer), np.nan) for answer in answers] for rater in raters])
    by_system: dict[str, dict[str, float]] = {}
    for place, (prompt, systems) in enumerate(answers):
        for name in systems:
            by_system.setdefault(name, {})[prompt] = float(np.nanmean(table[:, place]))
    whole = sorted(set.intersection(*map(set, by_system.values()))) if by_system else []
    if len(whole) < FEWEST:
        raise TooFewRatings(
            f"{len(whole)} prompt(s) have a rating of every system's answer",
            f"rate at least {FEWEST} prompts' answers to the end",
        )
    names = [system.name for system in SYSTEMS if system.name in by_system]
    scores = {name: np.array([by_system[name][prompt] for prompt in whole]) for name in names}
    return Opinion(
        len(raters),
        len(whole),
        alpha(table),
        {name: _interval(values, seed) for name, values in scores.items()},
        {
            f"{a} over {b}": _interval((scores[a] > scores[b]) + 0.5 * (scores[a] == scores[b]), seed)
            for b, a in combinations(names, 2)
        },
    )


def alpha(ratings: Floats) -> float | None:
    """Krippendorff's alpha for intervals: 1 is perfect agreement, 0 that of chance.

    One minus observed over expected disagreement, both the mean squared difference of pairs of ratings: within items,
    weighted so that each rating counts once, and over all (Krippendorff, 2011, 'Computing Krippendorff's
    alpha-reliability').

    Args:
        ratings: (raters, items); NaN where there is none.

    Returns:
        None where no item has two ratings, or all ratings are equal.
    """
    shared = ratings[:, (~np.isnan(ratings)).sum(0) > 1]
    values = shared[~np.isnan(shared)]
    observed = 0.0
    for item in shared.T:
        given = item[~np.isnan(item)]
        observed += float(((given[:, None] - given) ** 2).sum()) / (len(given) - 1)
    expected = float(((values[:, None] - values) ** 2).sum()) / max(1, len(values) - 1)
    return None if expected == 0 else 1 - observed / expected


def _interval(values: Floats, seed: int) -> Interval:
    """The mean over prompts, and the ends of its 95 % interval by the percentile bootstrap."""
    draws = np.random.default_rng(seed).integers(len(values), size=(DRAWS, len(values)))
    low, high = np.percentile(values[draws].mean(1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)
