"""Means over training seeds, with 95 % intervals: an entry's systems, how they differ, and how two entries differ."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from promptgan.experiments.entry import Entry, Trained
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

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside of the interval."""
        return self.half_width is not None and abs(self.mean) > self.half_width


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of independent values and Student's 95 % interval: mean ± t(0.975, n - 1) s / sqrt(n).

    Args:
        values: at least one.
    """
    from scipy.special import stdtrit  # type: ignore[import-untyped]

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
    return _estimates(_numbers(run, system) for run in entry.trained.values())


def contender(entry: Entry) -> System:
    """What a preset is ranked by: its adversarial model, or its likelihood twin where it trains no other."""
    return ADVERSARIAL if scores(entry, ADVERSARIAL.name) else TWIN


def differences(entry: Entry, rival: str) -> dict[str, Estimate]:
    """Adversarial minus a rival, paired by seed, by metric; behind `EQUAL` those at equal diversity."""
    rows = []
    for run in entry.trained.values():
        gaps = run.gaps.get(rival)
        rows.append(_paired(entry, run, ADVERSARIAL.name, run, rival, gaps if isinstance(gaps, dict) else {}))
    return _estimates(rows)


def preset_differences(entry: Entry, other: Entry) -> dict[str, Estimate]:
    """The contender of one preset minus that of another, paired by the seeds that both have, by metric.

    Behind `EQUAL` those at equal diversity, read off the two curves.
    """
    mine, theirs, rows = contender(entry).name, contender(other).name, []
    for seed in shared_seeds(entry, other):
        one, two = entry.trained[seed], other.trained[seed]
        rows.append(_paired(entry, one, mine, two, theirs, _gaps(measures(entry), one, mine, two, theirs)))
    return _estimates(rows)


def shared_seeds(entry: Entry, other: Entry) -> list[int]:
    """The training seeds with which both presets have finished."""
    return sorted(entry.trained.keys() & other.trained.keys())


def unconverged(entry: Entry) -> list[int]:
    """The seeds with which the likelihood twin was still improving when its training ended: then there is no verdict
    on the adversarial phase, because training on would have gained by itself."""
    runs = sorted(entry.trained.items())
    return [seed for seed, run in runs if not run.metrics.get("pretrain", {}).get("converged", True)]


def curve(run: Trained, system: str, x: str, y: str) -> list[tuple[float, float]]:
    """The points of a system's curve of one metric over another; none where it has no such curve."""
    columns = run.curves.get(system, {})
    along, up = columns.get(x, []), columns.get(y, [])
    return list(zip(along, up, strict=True)) if len(along) == len(up) else []


def _numbers(run: Trained, system: str) -> dict[str, Any]:
    values = run.systems.get(system)
    return values if isinstance(values, dict) else {}


def _paired(entry: Entry, one: Trained, mine: str, two: Trained, theirs: str, gaps: dict[str, Any]) -> dict[str, Any]:
    """One system minus another; nothing where a run has no such system. A metric whose unit depends on an output that
    is not the same in both is left out."""
    ours, others = _numbers(one, mine), _numbers(two, theirs)
    if not ours or not others:
        return {}
    names = [
        metric.name
        for metric in measures(entry).metrics
        if metric.direction != "none" and (not metric.per or one.outputs.get(metric.per) == two.outputs.get(metric.per))
    ]
    minus = {name: ours[name] - others[name] for name in names if name in ours and name in others}
    return {**{f"{EQUAL}{key}": value for key, value in gaps.items()}, **minus}


def _gaps(known: Measures, one: Trained, mine: str, two: Trained, theirs: str) -> dict[str, float]:
    from promptgan.terms.comparison import gap_at_equal_diversity

    gaps = {}
    for quality in known.qualities if known.diversity else ():
        both = ((one, mine), (two, theirs))
        points = [curve(run, system, known.diversity or "", quality) for run, system in both]
        gap = gap_at_equal_diversity(*points) if all(points) else None
        if gap is not None:
            gaps[quality] = gap
    return gaps


def _estimates(rows: Iterable[dict[str, Any]]) -> dict[str, Estimate]:
    values: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, int | float):  # a gap that cannot be read off the curves is a word
                values.setdefault(key, []).append(value)
    return {key: estimate(column) for key, column in values.items()}
