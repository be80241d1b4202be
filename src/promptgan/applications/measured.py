"""What measuring an application comes to: numbers of several systems on the same records, each with its interval."""

from typing import Any, NamedTuple

from promptgan.tasks.classification.measures.bootstrap import Interval


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
