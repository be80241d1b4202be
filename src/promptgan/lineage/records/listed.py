"""Which records data/excluded.csv lists, here and at a revision, and those that only one of the two lists."""

import csv
import io

from promptgan.lineage import lock
from promptgan.lineage.counting import counted, few
from promptgan.quality import exclusions

Listed = dict[tuple[str, str], str]
"""The reason by data set and id of each listed record."""
SHOWN = 3


def read(revision: str | None = None) -> Listed:
    """The records that the list has: here, or at a Git revision; none where there is no list that can be read."""
    try:
        # Excel writes a mark, and semicolons in some countries
        text = lock.at_revision(exclusions.LIST, revision).decode("utf-8-sig")
        delimiter = ";" if text.startswith(";".join(exclusions.COLUMNS)) else ","
        rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        return {(row["data"], row["id"]): row["reason"] for row in rows}
    except (OSError, ValueError, KeyError, csv.Error, lock.RevisionUnknown):  # a revision from before there was a list
        return {}


def withdrawn_since(revision: str, data: str) -> int:
    """How many records of a data set are listed here and were not at a revision: its data may have been purged."""
    return sum(each == data for each, _ in read().keys() - read(revision).keys())


def admitted_again() -> tuple[str, str] | None:
    """What is to be known, and the remedy, where HEAD excludes records that the list here does not; else None.

    Applying an experiment or checking out a file of an older commit brings the list back that it had.
    """
    lost = sorted(identifier for _, identifier in read("HEAD").keys() - read().keys())
    if not lost:
        return None
    them = "it" if len(lost) == 1 else "them"
    return (
        f"HEAD excludes {counted(len(lost))} that {exclusions.LIST} here does not: {few(lost, SHOWN)};"
        f" a run here takes {them} in again",
        f"`git checkout HEAD -- {exclusions.LIST}` excludes {them} again",
    )
