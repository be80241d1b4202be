"""Comparing generators, as curves of quality over diversity or as points; when not to, and how sure a number is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from promptgan.terms.metrics import Metric
from promptgan.terms.systems import ADVERSARIAL, TWIN

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Points = Sequence[tuple[float, float]]

DOMINATES, CROSSES, DOMINATED = "dominates", "crosses", "is dominated by"
"""How a curve lies to another."""
NO_VERDICT = "no verdict"
ONE_SEED = "one training seed: how far another would move these numbers is not known, so none is called significant"
"""The last sentence of every verdict."""
FEWEST, FEWEST_A_GROUP = 100, 5
"""Samples, and samples in each group of the jackknife, that a verdict needs. Twice the standard error covers 95 % where
a mean is near normal, which takes many samples where scores are as skewed as BLEU-4; and the jackknife of what is not
smooth, such as where two curves meet, needs groups of several samples (Shao and Wu, 1989)."""


def withheld(indices: Mapping[str, Mapping[str, Any]], count: int, groups: int) -> str | None:
    """Why there is no verdict, as a sentence; None where nothing speaks against one.

    Args:
        indices: index.json of each system's model folder, by the system's name.
        count: samples of a system.
        groups: of the jackknife.
    """
    if indices[ADVERSARIAL.name]["kind"] == "none":
        return f"{NO_VERDICT}: the recipe trains no adversarial model"
    if indices[TWIN.name].get("converged") is False:
        return f"{NO_VERDICT}: the likelihood twin was still improving when its training ended"
    if count < (needed := max(FEWEST, FEWEST_A_GROUP * groups)):
        return (
            f"{NO_VERDICT}: {count} samples of a system are too few for a standard error over them; it takes {needed},"
            f" at least {FEWEST_A_GROUP} in each of the {groups} jackknife groups"
        )
    return None


def verdict(sentences: Sequence[str]) -> list[str]:
    """What is said of the comparisons with every rival, or that there is none, and what one run cannot say."""
    return [*(sentences or [f"{NO_VERDICT}: there is no other model to compare with"]), ONE_SEED]


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
    shared = _differences(ours, theirs)
    if shared is None:
        return None
    knots, difference = shared
    return float(np.trapezoid(difference, knots) / (knots[-1] - knots[0]))


def standing(ours: Points, theirs: Points) -> str | None:
    """How one curve of quality over Self-BLEU lies to another over the whole range that both have, as a verb.

    It `DOMINATES` the other where it is nowhere lower and somewhere higher, is `DOMINATED` where it is nowhere higher
    and somewhere lower, and else `CROSSES` it. How far that is chance is the gap's standard error to say.

    Args:
        ours: (Self-BLEU, quality) at each temperature.
        theirs: the same of the model compared with.

    Returns:
        One of `DOMINATES`, `CROSSES` and `DOMINATED`; None where the ranges do not meet.
    """
    shared = _differences(ours, theirs)
    if shared is None:
        return None
    above, below = (shared[1] > 0).any(), (shared[1] < 0).any()
    return CROSSES if above == below else DOMINATES if above else DOMINATED


def _differences(ours: Points, theirs: Points) -> tuple[Floats, Floats] | None:
    """Every point of either curve in the range of both, and how much higher ours is there; straight in between."""
    (x, y), (u, v) = (np.array(sorted(points)).T for points in (ours, theirs))
    low, high = max(x[0], u[0]), min(x[-1], u[-1])
    if low >= high:
        return None
    knots = np.unique(np.clip(np.concatenate([x, u]), low, high))
    return knots, np.interp(knots, x, y) - np.interp(knots, u, v)


def sentence(
    quality: str, other: str, stands: str, gap: float, error: float, *, clear: bool, at: str = "self_bleu_4"
) -> str:
    """A comparison at equal diversity in words, beginning with how the curves lie.

    Args:
        quality: the metric.
        other: the system that the adversarial model is compared with.
        stands: their `standing`.
        gap: our quality minus theirs, on average.
        error: its standard error over prompts.
        clear: whether the gap is more than twice that error.
        at: the metric at whose equal values the curves are compared.
    """
    doubt = "" if clear else ", but the two cannot be told apart"
    return (
        f"{quality}: adversarial {stands} {other} at equal {at}{doubt}; the mean difference is"
        f" {gap:+.4f}, {'beyond' if clear else 'within'} twice the standard error over prompts ({error:.4f})"
    )


def difference(metric: Metric, other: str, gap: float, error: float, over: str, *, clear: bool) -> str:
    """A comparison of two numbers of which the lower is the better one, in words, beginning with who is ahead.

    Args:
        metric: whose numbers they are.
        other: the system that the adversarial model is compared with.
        gap: our number minus theirs.
        error: its standard error.
        over: what it is a standard error over.
        clear: whether the gap is more than twice that error.
    """
    ahead = f"adversarial is {'ahead of' if gap < 0 else 'behind'} {other}"
    leader = ahead if clear else f"adversarial and {other} cannot be told apart"
    return (
        f"{metric.name}: {leader}; the difference is {gap:+{metric.format}},"
        f" {'beyond' if clear else 'within'} twice its standard error over {over} ({error:{metric.format}})"
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
