"""Means over training seeds, with 95 % intervals: an entry's systems, and how they differ."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from promptgan.experiments.entry import Entry

CONFIDENCE = 0.95
RIVALS = {"twin": "likelihood twin", "control": "control twin"}
"""What the adversarial model is compared with."""
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


def scores(entry: Entry, system: str) -> dict[str, Estimate]:
    """The headline metrics of a system over the seeds of an entry; none where the preset does not use the system."""
    values = (run.metrics["evaluation"].get(system) for run in entry.trained.values())
    return _estimates(value for value in values if isinstance(value, dict))


def differences(entry: Entry, rival: str) -> dict[str, Estimate]:
    """Adversarial minus a rival, paired by seed, by metric; behind `EQUAL` those at equal diversity."""
    paired = []
    for run in entry.trained.values():
        evaluation = run.metrics["evaluation"]
        mine, theirs, gaps = (evaluation.get(key) for key in ("adversarial", rival, f"gap_to_{rival}"))
        if isinstance(mine, dict) and isinstance(theirs, dict):
            row = {f"{EQUAL}{key}": value for key, value in gaps.items()} if isinstance(gaps, dict) else {}
            shared = [key for key in mine if key in theirs and key != "temperature"]
            paired.append({**row, **{key: mine[key] - theirs[key] for key in shared}})
    return _estimates(paired)


def _estimates(rows: Iterable[dict[str, Any]]) -> dict[str, Estimate]:
    values: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, int | float):  # a gap that cannot be read off the curves is a word
                values.setdefault(key, []).append(value)
    return {key: estimate(column) for key, column in values.items()}
