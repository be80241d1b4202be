"""What the audit of a task is given, and what it finds: facts that stand in two places, or follow from one another."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from promptgan.terms.comparison import NO_VERDICT
from promptgan.terms.systems import TWIN

NOTHING = "(nothing)"
"""Shown where a value is missing."""
REMEDY = "`git checkout dvc.lock metrics plots && dvc checkout`; where Git has the edit too, `dvc repro --force`"


class Found(NamedTuple):
    """A link that does not hold."""

    link: str
    """What was examined, an arrow, and what it should agree with."""
    expected: str
    found: str
    remedy: str
    follows: bool = False
    """Whether it may only follow from a stage that has not run since what it reads changed."""


class Outputs(Protocol):
    """A finished run."""

    def parameters(self, stage: str) -> dict[str, Any]:
        """The sections that a stage ran with, as dvc.lock has them."""
        ...

    def json(self, path: str) -> Any:
        """The content of a JSON object."""
        ...

    def text(self, path: str) -> str:
        """The content of a text file."""
        ...

    def rows(self, path: str) -> list[dict[str, str]]:
        """The rows of a CSV file."""
        ...

    def table(self, path: str) -> Any:
        """The table of a Parquet or Arrow file."""
        ...


def differences(expected: Any, found: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every dotted key whose value differs, with what was expected and what was found there, or `NOTHING`."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(expected.keys() | found.keys()):
            below = f"{key}.{name}" if key else str(name)
            yield from differences(expected.get(name, NOTHING), found.get(name, NOTHING), below)
    elif expected != found or isinstance(expected, bool) is not isinstance(found, bool):
        yield key, expected, found


def compared(path: str, source: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Found]:
    """A broken link for every key of ``expected`` that has another value in ``found``."""
    for key, value, there in differences(expected, {key: found[key] for key in expected.keys() & found.keys()}):
        yield Found(f"{path} {key} -> {source}", str(value), str(there), REMEDY)


def near(path: str, source: str, expected: Mapping[str, float], found: Mapping[str, float]) -> Iterator[Found]:
    """A broken link for every key of both whose values differ by more than six significant digits or decimals show."""
    for key in sorted(expected.keys() & found.keys()):
        if not math.isclose(expected[key], found[key], rel_tol=6e-6, abs_tol=6e-7):
            yield Found(f"{path} {key} -> {source}", str(expected[key]), str(found[key]), REMEDY)


def undue_verdict(run: Outputs, path: str, metrics: Mapping[str, Any]) -> Iterator[Found]:
    """A broken link where there is a verdict though the twin was still improving when its training ended.

    Args:
        run: holds the twin's index.
        path: of the evaluation.
        metrics: its content.
    """
    first, index = metrics["verdict"][0], f"models/{TWIN.folder}/index.json"
    if run.json(index).get("converged") is False and (metrics["gaps"] or not first.startswith(NO_VERDICT)):
        yield Found(f"{path} verdict -> {index}", f"{NO_VERDICT}: the twin did not converge", first, REMEDY)
