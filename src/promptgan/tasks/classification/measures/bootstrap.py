"""How sure a number is: percentile intervals over texts that are drawn again (Efron and Tibshirani, 1993, chapter 13).

A statistic is a function of weights (B, N), how often each of N texts is there in each of B samples, to numbers by
name, (B,) each, so that all samples are computed at once, and two systems on the same ones.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], Mapping[str, Floats]]

RESAMPLES, LEVEL = 1000, 0.95
"""Samples, and the share of them that an interval covers."""
AT_ONCE = 4_000_000
"""Weights that are held at once."""


class Interval(NamedTuple):
    """A number and where it lies."""

    value: float
    """Of the texts as they are."""
    low: float
    high: float
    error: float = float("nan")
    """Standard error: the standard deviation over the samples."""


def intervals(
    statistic: Statistic, count: int, seed: int, *, resamples: int = RESAMPLES, level: float = LEVEL
) -> dict[str, Interval]:
    """Every number of a statistic, by name, with its interval.

    Args:
        statistic: of weights.
        count: texts, N.
        seed: of the samples: the same texts are drawn for every statistic of as many texts.
        resamples: samples, B.
        level: the share of the samples within an interval; as much is left out at either end.
    """
    random = np.random.default_rng(seed)
    drawn: dict[str, list[Floats]] = {}
    for start in range(0, resamples, step := max(1, AT_ONCE // count)):
        weights = random.multinomial(count, np.full(count, 1 / count), min(step, resamples - start))
        for name, values in statistic(weights.astype(np.float64)).items():
            drawn.setdefault(name, []).append(values)
    tails = [(1 - level) / 2, (1 + level) / 2]
    found = {}
    for name, values in statistic(np.ones((1, count))).items():
        samples = np.concatenate(drawn[name])
        low, high = np.quantile(samples, tails).tolist()
        found[name] = Interval(float(values[0]), low, high, float(samples.std(ddof=1)))
    return found


def difference(ours: Statistic, theirs: Statistic) -> Statistic:
    """The numbers of one system minus those of another on the same texts: a paired comparison."""

    def paired(weights: Floats) -> dict[str, Floats]:
        other = theirs(weights)
        return {name: values - other[name] for name, values in ours(weights).items()}

    return paired
