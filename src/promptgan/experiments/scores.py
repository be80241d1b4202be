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

    Behind `EQUAL` those at equal diversity: of one run as it recorded them, of two read off their curves. A metric
    whose unit depends on an output that is not the same in both is left out.
    """
    known, rows = measures(entry), []
    for seed in shared_seeds(entry, other):
        one, two = entry.trained[seed], other.trained[seed]
        if (ours := one.numbers(system)) and (theirs := two.numbers(rival)):
            alike = [m for m in known.metrics if not m.per or one.outputs.get(m.per) == two.outputs.get(m.per)]
            names = [m.name for m in alike if m.direction != "none" and m.name in ours and m.name in theirs]
            recorded = one is two and not _along_a_choice(known)
            gaps = one.gaps.get(rival) if recorded else _gaps(known, (one, system), (two, rival))
            equal = {f"{EQUAL}{key}": value for key, value in gaps.items()} if isinstance(gaps, dict) else {}
            rows.append(equal | {name: ours[name] - theirs[name] for name in names})
    return _estimates(rows)


def shared_seeds(entry: Entry, other: Entry) -> list[int]:
    """The training seeds with which both presets have finished."""
    return sorted(entry.trained.keys() & other.trained.keys())


def unconverged(entry: Entry) -> list[int]:
    """The seeds with which the likelihood twin was still improving when its training ended: then there is no verdict
    on the adversarial phase, because training on would have gained by itself."""
    runs = sorted(entry.trained.items())
    return [seed for seed, run in runs if not run.metrics.get("pretrain", {}).get("converged", True)]


def _along_a_choice(known: Measures) -> bool:
    """Whether curves go along a choice, such as a number of labels, between whose values nothing is known."""
    return known.diversity is not None and known[known.diversity].direction == "none"


def _gaps(known: Measures, *sides: tuple[Trained, str]) -> dict[str, float]:
    """The mean difference of qualities along the curves; where these go along a choice, at what both have chosen."""
    gaps = {}
    for quality in known.qualities if known.diversity else ():
        ours, theirs = (run.curve(system, str(known.diversity), quality) for run, system in sides)
        if _along_a_choice(known):
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
