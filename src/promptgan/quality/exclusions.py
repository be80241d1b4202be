"""The list of records that are kept out by decision, of a person who withdrew for instance: `data/excluded.csv`."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan.core.errors import PromptganError

if TYPE_CHECKING:
    import pandas as pd

LIST = Path("data/excluded.csv")
COLUMNS = ["data", "id", "reason"]


class ExclusionsUnreadable(PromptganError):
    """The list of excluded records is missing or broken; nothing may pass for not excluded because of that."""

    def __init__(self, path: Path, problem: str) -> None:
        remedy = f"correct it: its columns are data, id, reason, in UTF-8; `git diff {path}` shows what you have added"
        missing = f"bring it back with `git checkout {path}`"
        super().__init__(f"{path}: {problem}", remedy if path.exists() else missing)


def excluded(data: str, path: Path = LIST) -> dict[str, str]:
    """The reasons by record id for a data set.

    Raises:
        ExclusionsUnreadable: the list is missing, no UTF-8 CSV with its three columns, or has a row of fewer or more.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # Excel writes a mark
        delimiter = ";" if text.startswith(";".join(COLUMNS)) else ","
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
        rows, header = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ExclusionsUnreadable(path, str(error)) from error
    if list(header) != COLUMNS:
        raise ExclusionsUnreadable(path, f"its columns are {', '.join(header) or 'none'}")
    for number, row in enumerate(rows, start=2):
        if not row["data"] or not row["id"]:
            raise ExclusionsUnreadable(path, f"line {number} does not say which record of which data set")
        if None in row:  # what DictReader keeps the rest of a line under
            raise ExclusionsUnreadable(path, f'line {number} has too many cells: put the reason into quotes ("...")')
    return {row["id"]: row["reason"] for row in rows if row["data"] == data}


def without(records: "pd.DataFrame", ids: dict[str, str]) -> "pd.DataFrame":
    """The records whose id is not excluded. They go nowhere, not to quarantine either."""
    return records[~records["id"].isin(ids)] if ids and "id" in records else records
