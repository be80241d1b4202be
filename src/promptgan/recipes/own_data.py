"""The user's own data, whatever the task: how it is imported, and what later stages need of it."""

import shlex
from pathlib import Path
from types import ModuleType
from typing import Any

from promptgan.core.choices import choices, choose
from promptgan.core.errors import PromptganError
from promptgan.core.parameters import validate_section
from promptgan.data.own_store import STORE, changed_original


class NoOwnData(PromptganError):
    """The recipe's task reads no data of the user's own."""

    exit_code = 2


class TooFewForTheStages(PromptganError):
    """Own data, or a split of it, is smaller than a later stage needs, which would say so only after hours."""


def importer(task: str) -> ModuleType:
    """The file `own_data.py` of a task: `DATA`, `import_own_data`, whose parameters are the options of `promptgan use`,
    `groups`, `unused`, and `implied` where other sections depend on the data.

    Raises:
        NoOwnData: the task has none.
    """
    if not _has_importer(task):
        able = ", ".join(name for name in choices("promptgan.tasks") if _has_importer(name))
        raise NoOwnData(f"task {task} reads no data of your own; these do: {able}", "use a recipe of one of them")
    return choose("promptgan.tasks", task, "task", "own_data")


def implied(task: str, data: dict[str, Any]) -> dict[str, Any]:
    """Values of other sections, by dotted key, that follow from the section `data`; none where it is not own data."""
    if not _is_own({"task": task, "data": data}) or not hasattr(importer(task), "implied"):
        return {}
    found: dict[str, Any] = importer(task).implied(data)
    return found


def check_minimum(document: dict[str, Any], root: Path) -> None:
    """Hold own data to what later stages need of it; nothing is asked of other data sets.

    Args:
        document: a parsed parameter file whose file of own data is in the store.
        root: the repository.

    Raises:
        TooFewForTheStages: there are fewer records than validation asks for even if it took none, or the judge split
            would be too small to fit a judge on.
    """
    from promptgan.quality.splits import Shares, split_of

    section = document["data"]
    file = root / STORE / str(section.get("sha256")) / str(section.get("file"))
    if not _is_own(document) or not file.is_file():
        return
    shares = validate_section(Shares, document["validate"]["shares"], "validate.shares")
    needed: int = getattr(choose("promptgan.tasks", document["task"], "task", "judges.parameters"), "FEWEST", 0)
    least: int = document["validate"].get("min_rows", 0)
    held = count = 0
    for group in importer(document["task"]).groups(file, document):
        held, count = held + (split_of(group, shares) == "judge"), count + 1
        if held >= needed and count >= least:  # of music, whose files are read for it, most need not be
            return
    if count < least:
        raise TooFewForTheStages(
            f"{section['file']}: it has {count:,} records, and validate.min_rows is {least:,}",
            "lower validate.min_rows in params.yaml, or use a recipe for small data, whose name begins with local-",
        )
    if held < needed:
        share = min(0.3, round(shares.judge * 1.3 * needed / max(1, held), 2))
        raise TooFewForTheStages(
            f"{section['file']}: its {count} records leave {held} for the judge split, and the stage judges needs"
            f" {needed}",
            f"add data, or raise validate.shares.judge in params.yaml, to about {share}",
        )


def changed_since_import(document: dict[str, Any], root: Path) -> str | None:
    """A sentence where what was imported has changed since at its old place; None where it has not, or is gone.

    Args:
        document: a parsed parameter file.
        root: the repository.
    """
    if not _is_own(document) or not (original := changed_original(document["data"].get("sha256", ""), root)):
        return None
    options = ["--keep", "--path", original.path, *original.options]
    command = shlex.join(["promptgan", "use", document["recipe"], *options])
    return f"{original.path} has changed since its import; `{command}` imports it again as it was imported then"


def _has_importer(task: str) -> bool:
    return "own_data" in choices(f"promptgan.tasks.{task}")


def _is_own(document: dict[str, Any]) -> bool:
    task = document.get("task", "text")
    return _has_importer(task) and document["data"].get("name") == importer(task).DATA
