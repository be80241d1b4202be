"""How a task declares what it is measured by, so that reports, tables, audits and releases need not know the task."""

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, NamedTuple

from promptgan.core.choices import choose

Direction = Literal["higher", "lower", "real", "none"]
MARKS: dict[Direction, str] = {"higher": "↑", "lower": "↓", "real": "→ real", "none": ""}
"""What stands before a metric in tables."""
DIRECTIONS = "↑ more is better, ↓ less is better, → closer to real data is better"
"""What the marks say."""


@dataclass(frozen=True)
class Metric:
    """One headline number of a system."""

    name: str
    """The key in metrics/evaluation.json and the column in plots/curves.csv."""
    title: str
    """Short: what stands above a column."""
    direction: Direction
    sentence: str
    """What it is, in one sentence."""
    format: str = ".4f"
    """Of a number, as `format` takes it."""
    per: str | None = None
    """The output on which its unit depends; runs in which that differs are not compared. NLL per token, for one."""
    leads: bool = False
    """Whether a narrow table shows it too."""

    @property
    def mark(self) -> str:
        """Which way is better, as a sign."""
        return MARKS[self.direction]


@dataclass(frozen=True)
class Measures:
    """Everything that a task is measured by."""

    metrics: tuple[Metric, ...]
    """In the order of tables."""
    ranked_by: str
    """The metric that ranks presets; by its counterpart on validation a task chooses a system's headline point, unless
    it has a rule of its own."""
    diversity: str | None = None
    """The metric at whose equal values curves are compared; None where a system is one point."""
    qualities: tuple[str, ...] = ()
    """The metrics compared at equal diversity."""
    further: tuple[Metric, ...] = ()
    """Columns of plots/curves.csv that the report shows below the headline numbers, at the headline point."""

    def __getitem__(self, name: str) -> Metric:
        return next(metric for metric in self.metrics if metric.name == name)

    @property
    def names(self) -> list[str]:
        """The metrics' names."""
        return [metric.name for metric in self.metrics]


class Evaluation(NamedTuple):
    """What the stage evaluate writes."""

    metrics: dict[str, Any]
    """The content of metrics/evaluation.json."""
    curves: list[dict[str, Any]]
    """The rows of plots/curves.csv."""


def rounded(value: Any) -> Any:
    """Numbers to four digits, through lists and dictionaries; one that is not defined (NaN) is None."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, Real) and not isinstance(value, Integral):
        return None if math.isnan(value) else round(float(value), 4)
    return value


def declared(task: str) -> Measures:
    """What the task `task` is measured by, as its `measures/metrics.py` says."""
    measures: Measures = choose("promptgan.tasks", task, "task", "measures.metrics").MEASURES
    return measures
