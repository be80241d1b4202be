"""Who liked what, in which order: read from a file, and split into what is learnt from and what is held out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.core.errors import PromptganError, shown
from promptgan.data.tables.reading import WrongColumn, read_table
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd

Indices = npt.NDArray[np.int64]

COLUMNS, TIME = ("user", "item", "text"), "time"
HELD_OUT = {"val": -2, "test": -1}
"""Place of the items, in what a user of more than two liked, that is not learnt from: to choose by, to measure by."""
LEAST_USERS, LEAST_ITEMS, MOST_ITEMS = 20, 20, 50_000
"""Users with something held out; items, of which ten are recommended, and each of which is a long vector."""
REMEDY = "give a table of the columns user, item, text and, if you have it, time: a row for each item that a user liked"


class UnusableInteractions(PromptganError):
    """A file does not say who liked what, or says too little of it."""


class Interactions(NamedTuple):
    """Items with their texts, and what each user liked of them."""

    users: list[str]
    items: list[str]
    texts: list[str]
    """One an item."""
    liked: list[Indices]
    """Of each user the numbers of different items, the first liked first."""

    def known(self, split: str) -> list[Indices]:
        """What each user liked before the item that a split, `val` or `test`, asks for; all of users of one or two."""
        return [each[: HELD_OUT[split]] if len(each) > len(HELD_OUT) else each for each in self.liked]

    def held_out(self, split: str) -> "Questions":
        """What is asked of a split, `val` or `test`: what somebody liked next, who liked all this before."""
        asked, place = [each for each in self.liked if len(each) > len(HELD_OUT)], HELD_OUT[split]
        return Questions([each[:place] for each in asked], np.array([each[place] for each in asked]))


class Questions(NamedTuple):
    """Users of whom an item is held out."""

    histories: list[Indices]
    """The items that each liked before it."""
    targets: Indices
    """The item, (users,)."""


def read(path: Path) -> Interactions:
    """The interactions of a user's own file; its rows are in order of time where it has no column `time`.

    Args:
        path: CSV, TSV, JSON, JSON lines or Parquet, or one of these gzipped.

    Raises:
        UnknownFormat, BrokenFile, NotUtf8: it cannot be read.
        UnusableInteractions: see `arranged`; or there is no file, or not its columns.
    """
    import pandas as pd

    if not path.is_file():
        raise UnusableInteractions(f"{path}: no such file", REMEDY)
    table = read_table(path)
    try:
        names = [*COLUMNS, *([TIME] if TIME in table.names else [])]
        rows = pd.DataFrame({name: table.column(path, name) for name in names}, dtype=object)
    except WrongColumn as error:
        raise UnusableInteractions(error.problem, REMEDY) from error
    return arranged(rows, str(path))


def arranged(rows: "pd.DataFrame", source: str) -> Interactions:
    """Interactions out of rows, in order of time; of an item that a user has twice the first one counts.

    Args:
        rows: columns user, item, text and perhaps time, a number or a date as ISO 8601 writes it.
        source: what errors name.

    Raises:
        UnusableInteractions: a cell is empty, a time is none, an item has two texts or one without a word, or there are
            too few users or items, or too many items.
    """
    for name in COLUMNS:
        rows[name] = ["" if each is None or each != each else str(each).strip() for each in rows[name]]
        if not rows[name].all():
            raise UnusableInteractions(f"{source}: row {_first(rows[name] == '')} has no {name}", REMEDY)
    texts = rows.groupby("item", sort=False)["text"]
    if len(twice := texts.nunique().loc[lambda count: count > 1]):
        item = twice.index[0]
        one, other = texts.unique()[item][:2]
        raise UnusableInteractions(
            f"{source}: item {shown(item)} has two texts, {shown(one)} and {shown(other)}",
            "text is what an item is, not what somebody says of it: give each item one",
        )
    if TIME in rows:
        rows = rows.iloc[np.argsort(_times(rows[TIME].tolist(), source), kind="stable")]
    rows = rows.drop_duplicates(["user", "item"])
    items = texts.first()
    if silent := [item for item, text in items.items() if not words(text)]:
        raise UnusableInteractions(f"{source}: the text of item {shown(silent[0])} has no word", REMEDY)
    numbers = rows["item"].map({item: number for number, item in enumerate(items.index)})
    liked = {user: part.to_numpy(np.int64) for user, part in numbers.groupby(rows["user"], sort=True)}
    enough = sum(len(each) > len(HELD_OUT) for each in liked.values())
    if enough < LEAST_USERS or not LEAST_ITEMS <= len(items) <= MOST_ITEMS:
        raise UnusableInteractions(
            f"{source}: {enough:,} users with {len(HELD_OUT) + 1} items or more, and {len(items):,} items",
            f"give at least {LEAST_USERS} such users and {LEAST_ITEMS} items, thousands are better; at most"
            f" {MOST_ITEMS:,} items",
        )
    return Interactions([*liked], items.index.tolist(), items.tolist(), [*liked.values()])


def padded(histories: Sequence[Indices], length: int) -> Indices:
    """The last items of histories, (histories, length); -1 before those of a shorter one."""
    found = np.full((len(histories), length), -1)
    for row, each in zip(found, histories, strict=True):
        last = each[-length:]
        row[length - len(last) :] = last
    return found


def _times(values: list[Any], source: str) -> npt.NDArray[Any]:
    """Numbers, or dates where none is a number; (rows,)."""
    import pandas as pd

    given = pd.Series(values, dtype=object)
    times = pd.to_numeric(given, errors="coerce")
    if times.isna().all():
        times = pd.to_datetime(given, errors="coerce", format="ISO8601", utc=True)
    if times.isna().any():
        row = _first(times.isna())
        raise UnusableInteractions(
            f"{source}: row {row} has the time {shown(values[row - 1])}",
            "give numbers, or dates such as 2026-03-09 or 2026-03-09T17:30:00; without the column the order of the rows"
            " is that of time",
        )
    return times.to_numpy()


def _first(wrong: "pd.Series[bool]") -> int:
    """The number of the first row of which it is true, the header not counted."""
    return int(np.argmax(wrong.to_numpy())) + 1
