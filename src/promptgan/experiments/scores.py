"""Means over training seeds, with 95 % intervals: an entry's systems, how they differ, and how two entries differ."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from promptgan.experiments.entry import Entry, Trained
from promptgan.terms.comparison import gap_at_equal_diversity
from promptgan.terms.metrics import Measures, declared
from promptgan.terms.systems import ADVERSARIAL, TWIN, System

CONFIDENCE = 0.95
EQUAL = "equal "
"""Stands before the name of a metric that is compared at equal diversity."""


@dataclass(frozen=True)
class Estimate:
    """A mean, and half the width of its interval."""

    mean: float
    half_width: float | None
    """None where a single value says nothing about spread."""
    error: float | None = None
    """The standard error of a single value over examples, where it is known."""

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside of the interval."""
        return self.half_width is not None and abs(self.mean) > self.half_width


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of independent values, at least one, and Student's 95 % interval: mean ± t(0.975, n - 1) s / sqrt(n)."""
    from scipy.special import stdtrit

    mean, count = statistics.fmean(values), len(values)
    if count < 2:
        return Estimate(mean, None)
    quantile = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    return Estimate(mean, quantile * statistics.stdev(values) / math.sqrt(count))


def measures(entry: Entry) -> Measures:
    """What an entry with finished runs is measured by."""
    assert entry.made
    return declared(entry.made.task)


def scores(entry: Entry, system: str) -> dict[str, Estimate]:
    """The headline metrics of a system over the seeds of an entry; none where the preset does not use the system."""
    found = _estimates(run.numbers(system) for run in entry.trained.values())
    if len(entry.trained) > 1:
        return found
    (errors,) = (run.errors.get(system, {}) for run in entry.trained.values())
    return {key: replace(value, error=errors.get(key)) for key, value in found.items()}


def contender(entry: Entry) -> System:
    """What a preset is ranked by: its adversarial model, or its likelihood twin where it trains no other."""
    return ADVERSARIAL if scores(entry, ADVERSARIAL.name) else TWIN


def differences(entry: Entry, system: str, other: Entry, rival: str) -> dict[str, Estimate]:
    """A system of a preset minus one of the same or of another, paired by the seeds that both have, by metric.

    Behind `EQUAL` those at equal diversity: of one run as it recorded them, of two read off their curves.
    """
    known = measures(entry)
    return _estimates(
        _paired(known, (entry.trained[seed], system), (other.trained[seed], rival))
        for seed in shared_seeds(entry, other)
    )


def shared_seeds(entry: Entry, other: Entry) -> list[int]:
    """The training seeds with which both presets have finished."""
    return sorted(entry.trained.keys() & other.trained.keys())


def counted(known: Measures) -> bool:
    """Whether curves go along a choice, such as a number of labels, between whose values nothing is known."""
    return known.diversity is not None and known[known.diversity].direction == "none"


def unconverged(entry: Entry) -> list[int]:
    """The seeds with which the likelihood twin was still improving when its training ended: then there is no verdict
    on the adversarial phase, because training on would have gained by itself."""
    runs = sorted(entry.trained.items())
    return [seed for seed, run in runs if not run.metrics.get("pretrain", {}).get("converged", True)]


Side = tuple[Trained, str]
"""A run, and one of its systems."""


def _paired(known: Measures, one: Side, two: Side) -> dict[str, Any]:
    """One system minus another; nothing where a run has no such system. A metric whose unit depends on an output that
    is not the same in both is left out."""
    ours, others = (run.numbers(system) for run, system in (one, two))
    if not ours or not others:
        return {}
    alike = [m for m in known.metrics if not m.per or one[0].outputs.get(m.per) == two[0].outputs.get(m.per)]
    names = [m.name for m in alike if m.direction != "none" and m.name in ours and m.name in others]
    gaps = one[0].gaps.get(two[1]) if one[0] is two[0] and not counted(known) else _gaps(known, one, two)
    equal = {f"{EQUAL}{key}": value for key, value in gaps.items()} if isinstance(gaps, dict) else {}
    return equal | {name: ours[name] - others[name] for name in names}


def _gaps(known: Measures, one: Side, two: Side) -> dict[str, float]:
    """The mean difference of qualities along the curves; where these go along a choice, at what both have chosen."""
    gaps = {}
    for quality in known.qualities if known.diversity else ():
        ours, theirs = (run.curve(system, str(known.diversity), quality) for run, system in (one, two))
        if counted(known):
            high, low = dict(ours), dict(theirs)
            if shared := high.keys() & low.keys():
                gaps[quality] = statistics.fmean(high[x] - low[x] for x in sorted(shared))
        elif ours and theirs and (gap := gap_at_equal_diversity(ours, theirs)) is not None:
            gaps[quality] = gap
    return gaps


def _estimates(rows: Iterable[Mapping[str, Any]]) -> dict[str, Estimate]:
    values: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, int | float):  # a gap that cannot be read off the curves is a word
                values.setdefault(key, []).append(value)
    return {key: estimate(column) for key, column in values.items()}
