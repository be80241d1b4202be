"""What a check found: one line of the doctor's table."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Verdict(StrEnum):
    """What a finding means for a run."""

    ok = "ok"
    note = "note"
    """The pipeline runs; this explains what may surprise."""
    problem = "problem"
    """The pipeline, or sharing its results, fails until the remedy is applied."""


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    check: str
    found: str
    verdict: Verdict = Verdict.ok
    remedy: str = ""
    """What to do; empty where nothing is to be done."""


def note(check: str, found: str, remedy: str) -> Finding:
    """Something to know."""
    return Finding(check, found, Verdict.note, remedy)


def problem(check: str, found: str, remedy: str) -> Finding:
    """Something to mend."""
    return Finding(check, found, Verdict.problem, remedy)


def size(count: float) -> str:
    """Bytes as people read them, in decimal units."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def near(path: Path) -> Path:
    """A path as it is typed in the current folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
