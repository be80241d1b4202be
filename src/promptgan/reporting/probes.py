"""What probes found in models, kept in Git as `data/probes.csv` and bound to the very weights."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_csv

LIST = Path("data/probes.csv")
ALPHA = 0.05
"""The chance of any false finding in a model that a table of tests is read with: a test counts below this over their
number (Bonferroni)."""


class Finding(NamedTuple):
    """What one test says of one model."""

    weights: str
    """sha256 of the file of the network that was probed."""
    probe: str
    """What was compared: whole words, words in pieces or sentences."""
    question: str
    """What with what."""
    effect_size: float | None
    """Between -2 and 2; None where the test is refused."""
    p: float | None
    used: str
    """How many words or sentences of each set the model knows."""


class ProbesUnreadable(PromptganError):
    """The findings are missing or broken; a report must not pass for one without findings because of that."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}", f"take the committed one, `git checkout {path}`, and probe again")


def read(path: Path = LIST) -> list[Finding]:
    """All findings that are kept, of whatever model.

    Raises:
        ProbesUnreadable: the file is missing or is not UTF-8 CSV with the columns of `Finding`.
    """
    try:
        header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True)
        if tuple(header) != Finding._fields:
            raise ProbesUnreadable(path, f"its columns are {', '.join(header)}, not {', '.join(Finding._fields)}")
        return [
            Finding(weights, probe, question, float(size) if size else None, float(p) if p else None, used)
            for weights, probe, question, size, p, used in rows
        ]
    except (OSError, ValueError, csv.Error) as error:
        raise ProbesUnreadable(path, str(error)) from error


def keep(findings: Sequence[Finding], path: Path = LIST) -> None:
    """Write findings into the file, in the place of those of the same weights.

    Raises:
        ProbesUnreadable: the file as it is is missing or broken; it is left alone.
    """
    probed = {finding.weights for finding in findings}
    others = [finding for finding in read(path) if finding.weights not in probed]
    rows = sorted([*others, *findings], key=lambda finding: finding[:3])
    write_csv(path, [row._asdict() for row in rows], Finding._fields)
