"""The finished run in the terminal: real data beside every system, who is ahead, and what they make."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from promptgan.commands.terminal import table
from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.reporting import findings
from promptgan.reporting.headline import headline, sentences
from promptgan.terms.metrics import DIRECTIONS, declared
from promptgan.terms.systems import SYSTEMS

METRICS = Path("metrics/evaluation.json")
TRAIN, CONTROL = Path("metrics/train.json"), Path("metrics/control.json")
SAMPLES = Path("samples/generated")
PAGE = Path("reports/html/index.html")
SHOWN = 10
"""Prompts, or the like, whose samples are printed."""
NAME = 13
"""Columns of a system's name."""


class NotFinished(PromptganError):
    """The run has not come to its end, or its outputs are not here."""

    def __init__(self, path: Path) -> None:
        keeper = "dvc" if path == SAMPLES else "git"  # which keeps the metrics
        super().__init__(
            f"{path} is not there or cannot be read", f"run `make run`, or `{keeper} checkout {path}` to bring it back"
        )


def show(console: Console | None = None) -> None:
    """Print what went wrong in training, the table of headline numbers, the verdict, and the answers to ten prompts.

    Raises:
        NotFinished: the run has not been evaluated here.
    """
    console = console or Console(highlight=False)
    evaluation, train, control = map(_read, (METRICS, TRAIN, CONTROL))
    try:
        systems = {system.name: evaluation["systems"][system.name] for system in SYSTEMS}
        rows = headline(declared(evaluation["task"]).metrics, systems, evaluation["standard_errors"])
        verdict = list(evaluation["verdict"])
    except (KeyError, TypeError, ImportError) as error:
        raise NotFinished(METRICS) from error
    for sentence in findings.warnings(train):
        _print(console, "! ", sentence)
    console.print("Measured on test")
    lines = [[f"{row['direction'][:1]:1} {row['name']}", *map(_cell, row["cells"])] for row in rows]
    console.print(table(["", *(system.title for system in SYSTEMS)], lines, least=21))
    console.print()
    page = choose("promptgan.tasks", evaluation["task"], "task", "page")
    said = sentences(page, control)
    for system in SYSTEMS:
        values = systems[system.name]
        _print(console, f"{system.title}: ", said[system.name] if isinstance(values, dict) else str(values))
    _print(console, "", f"{DIRECTIONS}; ± standard error over examples. More: {PAGE}")
    console.print("\nWho is ahead")
    for sentence in verdict:
        _print(console, "- ", sentence)
    try:
        shown = page.shown(SAMPLES, SHOWN)
    except (OSError, ValueError, KeyError) as error:
        raise NotFinished(SAMPLES) from error
    for heading, made in shown:
        console.print()
        _print(console, "", heading)
        for system, what in made.items():
            _print(console, f"  {system:<{NAME}}", what)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotFinished(path) from error
    if not isinstance(content, dict):
        raise NotFinished(path)
    return content


def _cell(cell: dict[str, str]) -> str:
    """A number and its spread, short enough for four of them in 80 columns."""
    return f"{cell['value']} {cell['spread'].replace(' ', '').replace('±0.', '±.')}".strip()


def _print(console: Console, start: str, text: str) -> None:
    """Print a text behind its start; what does not fit stands under the text."""
    grid = Table.grid()
    grid.add_row(*([Text(start)] if start else []), Text(text))
    console.print(grid)
