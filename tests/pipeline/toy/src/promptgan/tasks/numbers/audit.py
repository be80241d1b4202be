"""What an audit derives again of a toy run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from promptgan.terms.audit import Found, Outputs, near


def kept(records: Any, section: Any) -> Any:
    """What validation makes of raw records: it keeps them as they are."""
    return records


def nothing(run: Outputs) -> Iterator[Found]:
    """Nothing is derived again."""
    return iter(())


arrays = models = samples = measures = nothing


def evaluation(run: Outputs) -> Iterator[Found]:
    """metrics/evaluation.json repeats plots/curves.csv."""
    systems = run.json("metrics/evaluation.json")["systems"]
    for row in run.rows("plots/curves.csv"):
        facts = {key: float(row[key]) for key in systems[row["model"]]}
        yield from near("metrics/evaluation.json", "plots/curves.csv", facts, systems[row["model"]])


def drawn_again(model: Path, drawn: Any, device: Any) -> tuple[int, int]:
    """How many continuations a model gives again: not tried."""
    return len(drawn), len(drawn)
