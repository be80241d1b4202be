"""The finished run in the terminal: real text beside every system, who is ahead, and what they answer."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from promptgan.base import PromptganError
from promptgan.reporting import explanations, findings

METRICS = Path("metrics/evaluation.json")
TRAIN = Path("metrics/train.json")
SAMPLES = Path("samples/generated/samples.txt")
PAGE = Path("reports/html/index.html")
SYSTEMS = {"real": "real text", "twin": "likelihood twin", "control": "control twin", "adversarial": "adversarial"}
SHOWN = 10
"""Prompts whose answers are printed."""
NAME = 12
"""Columns that samples.txt gives the name of a model, after two spaces."""


class NotFinished(PromptganError):
    """The run has not come to its end, or its outputs are not here."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not there or cannot be read", "run `make run`, or `dvc checkout` to bring outputs back"
        )


def show(console: Console | None = None) -> None:
    """Print what went wrong in training, the table of headline numbers, the verdict, and the answers to ten prompts.

    Raises:
        NotFinished: the run has not been evaluated here.
    """
    console = console or Console(highlight=False)
    evaluation, train = _read(METRICS), _read(TRAIN)
    try:
        systems = {name: evaluation["text"][name] for name in SYSTEMS}
        rows = explanations.headline(systems, evaluation["standard_errors"])
        verdict = list(evaluation["verdict"])
    except (KeyError, TypeError) as error:
        raise NotFinished(METRICS) from error
    try:
        blocks = [block.splitlines() for block in SAMPLES.read_text(encoding="utf-8").strip("\n").split("\n\n")]
    except (OSError, ValueError) as error:
        raise NotFinished(SAMPLES) from error
    for sentence in findings.warnings(train):
        _hanging(console, "! ", sentence)
    console.print("Measured on test")
    console.print(_table(rows))
    console.print()
    for name, values in systems.items():
        if isinstance(values, dict):
            _hanging(console, f"{explanations.title(name):<{NAME}} ", explanations.SYSTEMS[name])
    _hanging(console, "", f"{explanations.DIRECTIONS}; ± standard error over prompts. More: {PAGE}")
    console.print("\nWho is ahead")
    for sentence in verdict:
        _hanging(console, "- ", sentence)
    for prompt, *answers in _shown(blocks):
        console.print()
        _hanging(console, "", prompt)
        for line in answers:
            _hanging(console, f"{line[: NAME + 2]} ", line[NAME + 3 :])


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotFinished(path) from error
    if not isinstance(content, dict):
        raise NotFinished(path)
    return content


def _shown(blocks: list[list[str]]) -> list[list[str]]:
    """The heading of samples.txt, which has no answers under it, and the first prompts with theirs."""
    count = SHOWN + (len(blocks[0]) == 1)
    return blocks[:count]


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("")
    for name in SYSTEMS:
        table.add_column(explanations.title(name))
    for row in rows:
        mark = row["direction"].removesuffix(" real")
        cells = [f"{cell['value']} {cell['spread'].replace(' ', '')}".rstrip() for cell in row["cells"]]
        table.add_row(f"{mark:1} {row['name']}", *cells)
    return table


def _hanging(console: Console, start: str, text: str) -> None:
    """Print a text behind its start; further lines stand under the text."""
    lines = Text(text).wrap(console, max(20, console.width - len(start)))
    for number, line in enumerate(lines):
        before = start if number == 0 else " " * len(start)
        console.print((before + line.plain).rstrip(), markup=False, soft_wrap=True)
