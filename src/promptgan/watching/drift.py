"""How far what a service sees and says lies from what its model learnt from: of counts PSI, of embeddings MMD."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
H = TypeVar("H", bound=Hashable)

PRIOR = 0.5
"""Added to each count, so that a bin that one side lacks has a finite logarithm (Jeffreys' prior of a multinomial)."""
BINS = 10
MODERATE = 0.1
"""Of PSI, stable below it by convention (Siddiqi, Credit Risk Scorecards, 2006)."""
LEVEL = 0.05
"""Of both tests."""
FEWEST = 50
"""On each side; below, nothing is said of drift."""
CHUNK = 512
"""Rows of permutations that are multiplied at once."""


class Index(NamedTuple):
    """A population stability index, and what chance alone would make of it."""

    value: float
    critical: float
    """That chance exceeds one time in twenty, where both samples come from one distribution."""

    @property
    def moved(self) -> bool:
        """Whether it is both more than chance explains and large enough to matter."""
        return self.value > max(self.critical, MODERATE)


class Discrepancy(NamedTuple):
    """A squared maximum mean discrepancy, and how probable one as large is by chance."""

    value: float
    p: float

    @property
    def moved(self) -> bool:
        """Whether chance does not explain it."""
        return self.p <= LEVEL


def psi(expected: Mapping[H, int], observed: Mapping[H, int]) -> Index | None:
    r"""The population stability index of two distributions given as counts, in nats.

    $\sum_i (q_i - p_i) \ln (q_i / p_i)$, which is Jeffreys' divergence (Lewis, An Introduction to Credit Scoring,
    1994); `PRIOR` is added to every count. Where both are samples of one distribution over B bins it is about
    $(1/N + 1/M)$ times a chi-squared variable of B - 1 degrees of freedom (Yurdakul, 2018), whose quantile is
    ``critical``: the conventional bounds alone call small samples drift.

    Args:
        expected: of the reference, by bin.
        observed: of what is compared with it; bins that it alone has count too.

    Returns:
        None where either side has fewer than `FEWEST`.
    """
    from scipy.special import chdtri

    one, other = sum(expected.values()), sum(observed.values())
    if min(one, other) < FEWEST:
        return None
    bins = [*dict.fromkeys([*expected, *observed])]
    p, q = (np.array([counts.get(name, 0) + PRIOR for name in bins], float) for counts in (expected, observed))
    p, q = p / p.sum(), q / q.sum()
    freedom = max(1, len(bins) - 1)
    return Index(float(((q - p) * np.log(q / p)).sum()), float(chdtri(freedom, LEVEL)) * (1 / one + 1 / other))


def binned(reference: Sequence[float], values: Iterable[float]) -> tuple[Counter[int], Counter[int]]:
    """Numbers by the quantiles of the reference: at most `BINS` bins, fewer where its values repeat.

    Args:
        reference: whose quantiles bound the bins; a value on a bound is below it.
        values: what is counted in the same bins.
    """
    bounds = np.unique(np.quantile(np.asarray(reference, float), np.linspace(0, 1, BINS + 1)[1:-1]))
    one, other = (
        Counter(np.searchsorted(bounds, np.asarray(list(each), float)).tolist()) for each in (reference, values)
    )
    return one, other


def mmd(reference: Floats, observed: Floats, permutations: int = 200) -> Discrepancy | None:
    """The squared maximum mean discrepancy of two samples, unbiased, and its permutation test.

    Gretton et al., A Kernel Two-Sample Test, JMLR 13, 2012: equation 3, with a Gaussian kernel whose width is the
    median distance of the pooled sample (section 8). It may be below 0 where the samples are alike.

    Args:
        reference, observed: a row for each text, (N, D) and (M, D).
        permutations: of which sample a row is from; the smallest p is 1 / (1 + this).

    Returns:
        None where either side has fewer than `FEWEST`.
    """
    n, m = len(reference), len(observed)
    if min(n, m) < FEWEST:
        return None
    pooled = np.concatenate([reference, observed])
    norms = (pooled**2).sum(1)
    squares = np.maximum(norms[:, None] + norms[None] - 2 * pooled @ pooled.T, 0)
    apart = np.median(squares[np.triu_indices(n + m, 1)])
    kernel = np.exp(-squares / (2 * apart)) if apart > 0 else np.ones_like(squares)
    np.fill_diagonal(kernel, 0)
    random = np.random.default_rng(1)
    # who is of the first sample, a row for each assignment, the true one first
    first = np.zeros((1 + permutations, n + m))
    first[0, :n] = 1
    for row in first[1:]:
        row[random.permutation(n + m)[:n]] = 1
    within = np.concatenate(
        [((part @ kernel) * part).sum(1) for part in np.array_split(first, 1 + len(first) // CHUNK)]
    )
    to_all = first @ kernel.sum(1)
    across, other = to_all - within, kernel.sum() - 2 * to_all + within
    values = within / (n * (n - 1)) + other / (m * (m - 1)) - 2 * across / (n * m)
    # sums of the same numbers in another order differ in their last bits
    as_large = int((values[1:] >= values[0] - 1e-12).sum())
    return Discrepancy(float(values[0]), (1 + as_large) / (1 + permutations))
