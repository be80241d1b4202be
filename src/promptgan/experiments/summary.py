"""The finished run on a page: real text beside every system, and what they answer."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from promptgan.base import PromptganError

METRICS = Path("metrics/evaluation.json")
SAMPLES = Path("samples/generated/samples.txt")
SYSTEMS = {"real": "real text", "twin": "likelihood twin", "control": "control twin", "adversarial": "adversarial"}
FIRST = ["temperature", "nll"]
"""Of a system rather than of its answers; real text has neither."""
SHOWN = 10
"""Prompts whose answers are printed."""


class NotFinished(PromptganError):
    """The run has not come to its end, or its outputs are not here."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not there or cannot be read", "run `make run`, or `dvc checkout` to bring outputs back"
        )


def show(console: Console | None = None) -> None:
    """Print the table of headline numbers, the verdict, and the answers to ten prompts.

    Raises:
        NotFinished: the run has not been evaluated here.
    """
    console = console or Console(highlight=False)
    try:
        evaluation = json.loads(METRICS.read_text(encoding="utf-8"))
        columns, verdict = {name: evaluation["text"][name] for name in SYSTEMS}, evaluation["verdict"]
    except (OSError, ValueError, KeyError) as error:
        raise NotFinished(METRICS) from error
    try:
        blocks = SAMPLES.read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    except OSError as error:
        raise NotFinished(SAMPLES) from error
    console.print(_table(columns))
    for sentence in verdict:
        console.print(sentence, markup=False)
    for block in blocks[:SHOWN]:
        console.print(f"\n{block}", markup=False)


def _table(columns: dict[str, Any]) -> Table:
    table = Table(title="Measured on test", title_justify="left")
    table.add_column("")
    for title in SYSTEMS.values():
        table.add_column(title, justify="right")
    keys = {key: None for values in columns.values() if isinstance(values, dict) for key in values}
    for key in sorted(keys, key=lambda key: (key not in FIRST, FIRST.index(key) if key in FIRST else 0)):
        table.add_row(key, *(_cell(values, key) for values in columns.values()))
    return table


def _cell(values: dict[str, Any] | str, key: str) -> str:
    if isinstance(values, str):
        return values  # the recipe does not use the system
    value = values.get(key)
    return "-" if value is None else f"{value:.4g}"
