"""What measuring an application comes to: numbers of several systems on the same records, each with its interval."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.tasks.classification.measures.bootstrap import Floats, Interval, Statistic, difference, intervals


class Measured(NamedTuple):
    """Systems side by side."""

    systems: dict[str, dict[str, Interval]]
    """By system, then by measure."""
    gained: str
    """What the gains are of: a measure and the system that gains."""
    gains: dict[str, Interval]
    """What it has more than each of the others, on the same records."""
    signature: list[str]
    """What one needs to know to compute the same."""

    def as_json(self) -> dict[str, Any]:
        """The content of the JSON document, rounded."""

        def told(interval: Interval) -> dict[str, float]:
            return {name: round(value, 4) for name, value in interval._asdict().items()}

        return {
            "systems": {name: {key: told(value) for key, value in row.items()} for name, row in self.systems.items()},
            "gains": {name: told(value) for name, value in self.gains.items()},
            "signature": self.signature,
        }


def measured(
    columns: Mapping[str, Mapping[str, Floats]],
    groups: npt.NDArray[np.int64],
    gained: tuple[str, str],
    others: Iterable[str],
    seed: int,
    signature: list[str],
) -> Measured:
    """Means over records, with intervals of a bootstrap over their groups.

    Args:
        columns: by system, then by measure, the number of each record, (records,).
        groups: of each record the number of its group, from 0 on, (records,).
        gained: a measure, and the system that gains.
        others: systems that it is set against.
        seed: of the bootstrap.
        signature: see `Measured`.
    """
    sizes, (measure, ours) = np.bincount(groups), gained

    def means(numbers: Mapping[str, Floats]) -> Statistic:
        sums = {name: np.bincount(groups, values) for name, values in numbers.items()}
        return lambda weights: {name: weights @ total / (weights @ sizes) for name, total in sums.items()}

    def gain(name: str) -> Interval:
        mine, theirs = (means({measure: columns[system][measure]}) for system in (ours, name))
        return intervals(difference(mine, theirs), len(sizes), seed)[measure]

    systems = {name: intervals(means(each), len(sizes), seed) for name, each in columns.items()}
    return Measured(systems, f"{measure} of {ours}", {name: gain(name) for name in others}, signature)
