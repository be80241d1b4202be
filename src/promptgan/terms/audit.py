"""What the audit of a task is given, and what it finds: facts that stand in two places, or follow from one another."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from promptgan.terms.comparison import NO_VERDICT, gap_at_equal_diversity, sentence, standing
from promptgan.terms.metrics import Measures
from promptgan.terms.systems import ADVERSARIAL, RIVALS, TWIN

NOTHING = "(nothing)"
"""Shown where a value is missing."""
REMEDY = "`git checkout dvc.lock metrics plots && dvc checkout`; where Git has the edit too, `dvc repro --force`"

ROUNDING = 0.0002
"""Of a difference and its standard error, which are written with four digits."""


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


def compared_curves(
    run: Outputs, path: str, source: str, curves: Mapping[str, list[dict[str, str]]], measures: Measures
) -> Iterator[Found]:
    """A broken link where the gaps at equal diversity, or the verdict on them, do not follow from the curves.

    Args:
        run: holds the evaluation, and the twin's index.
        path: of the evaluation.
        source: path of the curves.
        curves: their rows, by system.
        measures: of the task, whose points are compared at equal diversity.
    """
    metrics, across = run.json(path), str(measures.diversity)
    for rival in RIVALS:
        for quality, gap in metrics["gaps"].get(rival.name, {}).items():
            link = f"{path} gaps.{rival.name}.{quality}"
            ours, theirs = (
                [(float(row[across]), float(row[quality])) for row in curves[system.name] if row[quality]]
                for system in (ADVERSARIAL, rival)
            )
            again = gap_at_equal_diversity(ours, theirs)
            if again is None or abs(again - gap) > 0.001:  # the curves are rounded to four digits
                yield Found(f"{link} -> {source}", f"about {again}", str(gap), REMEDY)
            begins, names = f"{quality}: adversarial ", f" {rival.name} "
            said = next((s for s in metrics["verdict"] if s.startswith(begins) and names in s), "")
            # What is rounded may hardly cross where it did not, and the reverse.
            shifted = ([(x, y + by) for x, y in ours] for by in (-ROUNDING, 0, ROUNDING))
            standings = sorted({stands for each in shifted if (stands := standing(each, theirs))})
            error, clear = told_error(said, gap)
            expected = [
                sentence(quality, rival.name, stands, gap, error, clear=each, at=across)
                for stands in standings
                for each in clear
            ]
            if said not in expected:
                words = said or "no such sentence"
                yield Found(f"{path} verdict -> {link}", " or ".join(expected), words, REMEDY)
    yield from undue_verdict(run, path, metrics)


def told_error(said: str, gap: float) -> tuple[float, list[bool]]:
    """The standard error that a sentence of a verdict ends with (NaN where there is none), and whether gap is clear.

    Both are rounded, so there may be two answers.
    """
    ending = re.search(r"\((\d+\.\d+)\)$", said)
    error = float(ending[1]) if ending else math.nan
    return error, sorted({abs(gap) > 2 * error + ROUNDING, abs(gap) > 2 * error - ROUNDING})


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
