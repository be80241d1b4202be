"""Comparing generators as curves of quality over diversity, and how far a number depends on the prompts drawn."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Points = Sequence[tuple[float, float]]


def gap_at_equal_diversity(ours: Points, theirs: Points) -> float | None:
    """How much higher one curve of quality over Self-BLEU lies than another, on average where both have points.

    A better model at another temperature shows as a curve, not as a point (Caccia et al., 2020, Language GANs Falling
    Short, arXiv:1811.02549). Between its points a curve is taken as straight.

    Args:
        ours: (Self-BLEU, quality) at each temperature.
        theirs: the same of the model compared with.

    Returns:
        The mean of our quality minus theirs over the shared range of Self-BLEU; None where the ranges do not meet.
    """
    (x, y), (u, v) = (np.array(sorted(points)).T for points in (ours, theirs))
    low, high = max(x[0], u[0]), min(x[-1], u[-1])
    if low >= high:
        return None
    knots = np.unique(np.clip(np.concatenate([x, u]), low, high))
    difference = np.interp(knots, x, y) - np.interp(knots, u, v)
    return float(np.trapezoid(difference, knots) / (high - low))


def sentence(quality: str, other: str, gap: float, error: float, *, clear: bool) -> str:
    """A gap at equal diversity in words, beginning with who is ahead.

    Args:
        quality: the metric.
        other: the system that the adversarial model is compared with.
        gap: our quality minus theirs.
        error: its standard error over prompts.
        clear: whether the gap is more than twice that error.
    """
    ahead = f"adversarial is {'behind' if gap < 0 else 'ahead of'} {other}"
    leader = ahead if clear else f"adversarial and {other} cannot be told apart"
    return (
        f"{quality}: {leader} at equal self_bleu_4; the difference is {gap:+.4f},"
        f" {'beyond' if clear else 'within'} twice the standard error over prompts ({error:.4f})"
    )


def jackknife(count: int, groups: int, seed: int, statistic: Callable[[Integers], Sequence[float]]) -> list[float]:
    """Standard errors of numbers computed from ``count`` prompts, by deleting groups of them (Shao and Wu, 1989).

    Not a bootstrap, which puts copies of a text into a sample: every measure of diversity reads them as repetition.

    Args:
        count: prompts.
        groups: into how many groups they are shuffled; fewer where there are fewer prompts.
        seed: of the shuffle.
        statistic: the numbers for the prompts that are kept, given as sorted indices.
    """
    groups = min(groups, count)
    parts = np.array_split(np.random.default_rng(seed).permutation(count), groups)
    values = np.array([statistic(np.setdiff1d(np.arange(count), part)) for part in parts])
    errors = np.sqrt((groups - 1) / groups * ((values - values.mean(0)) ** 2).sum(0))
    return [float(error) for error in errors]
