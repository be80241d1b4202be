"""Means over training seeds, with 95 % intervals: an entry's systems, how they differ, and how two entries differ."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from promptgan.experiments.entry import Entry, Trained

CONFIDENCE = 0.95
RIVALS = {"twin": "likelihood twin", "control": "control twin"}
"""What the adversarial model is compared with."""
EQUAL = "equal "
"""Stands before the name of a metric that is compared at equal diversity."""
QUALITIES = ("bleu_4", "relevance")
"""What two presets are compared by at equal diversity, as `evaluate` compares the systems of one."""
TOKENS = "data/tokens"
"""The output of a run that says into what its text was cut."""


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
            paired.append({**row, **_minus(mine, theirs)})
    return _estimates(paired)


def preset_differences(entry: Entry, other: Entry) -> dict[str, Estimate]:
    """The adversarial model of one preset minus that of another, paired by the seeds that both have, by metric.

    Behind `EQUAL` those at equal diversity, read off the two curves over temperature. NLL counts tokens: it is left out
    for a seed with which the two presets did not cut the text into the same ones.
    """
    paired = []
    for seed in shared_seeds(entry, other):
        one, two = entry.trained[seed], other.trained[seed]
        mine, theirs = (run.metrics["evaluation"].get("adversarial") for run in (one, two))
        if isinstance(mine, dict) and isinstance(theirs, dict):
            row = {**_gaps(one, two), **_minus(mine, theirs)}
            if one.outputs.get(TOKENS) != two.outputs.get(TOKENS):
                row.pop("nll", None)
            paired.append(row)
    return _estimates(paired)


def shared_seeds(entry: Entry, other: Entry) -> list[int]:
    """The training seeds with which both presets have finished."""
    return sorted(entry.trained.keys() & other.trained.keys())


def unconverged(entry: Entry) -> list[int]:
    """The seeds with which the likelihood twin was still improving when its training ended: then there is no verdict
    on the adversarial phase, because training on would have gained by itself."""
    return [
        seed
        for seed, run in sorted(entry.trained.items())
        if not run.metrics.get("pretrain", {}).get("converged", True)
    ]


def _minus(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    return {key: mine[key] - theirs[key] for key in mine if key in theirs and key != "temperature"}


def _gaps(one: Trained, two: Trained) -> dict[str, float]:
    from promptgan.core.comparison import gap_at_equal_diversity

    gaps = {}
    for quality in QUALITIES:
        points = [_points(run.curves.get("adversarial", {}), quality) for run in (one, two)]
        gap = gap_at_equal_diversity(*points) if all(points) else None
        if gap is not None:
            gaps[f"{EQUAL}{quality}"] = gap
    return gaps


def _points(columns: dict[str, list[float]], quality: str) -> list[tuple[float, float]]:
    x, y = (columns.get(key, []) for key in ("self_bleu_4", quality))
    return list(zip(x, y, strict=True)) if len(x) == len(y) else []


def _estimates(rows: Iterable[dict[str, Any]]) -> dict[str, Estimate]:
    values: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, int | float):  # a gap that cannot be read off the curves is a word
                values.setdefault(key, []).append(value)
    return {key: estimate(column) for key, column in values.items()}
