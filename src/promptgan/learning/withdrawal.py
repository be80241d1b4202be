"""Rows of a service's log that hold a record which has to go."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from promptgan.core.errors import PromptganError
from promptgan.quality.normalise import normalise
from promptgan.serving.log import LOG, Asked, Feedback, LogUnusable, rows


class NothingNamed(PromptganError):
    """The log has no row of that id."""


Pair = tuple[str, str]
"""Prompt and text of a record."""


class Held(NamedTuple):
    """The ids of the rows that hold a record."""

    requests: list[str]
    feedback: list[str]

    def __bool__(self) -> bool:
        return bool(self.requests or self.feedback)


def find(records: Iterable[Pair], phrases: Iterable[str], log: Path = LOG) -> Held:
    """The rows that hold a record: its prompt with its text, or words that it alone has. Nothing where there is no log.

    Raises:
        LogUnusable: there is one, and it cannot be read.
    """
    if not log.is_file():
        return Held([], [])
    pairs = {tuple(map(_folded, pair)) for pair in records}
    words = [_folded(phrase) for phrase in phrases]

    def holds(prompt: str, texts: Iterator[str]) -> bool:
        sides = [_folded(text) for text in texts]
        prompt = _folded(prompt)
        return any((prompt, side) in pairs for side in sides) or any(
            word in text for word in words for text in (prompt, *sides)
        )

    asked = [row.id for row in rows(log, Asked) if holds(row.prompt or "", filter(None, [row.answer]))]
    said = [row.id for row in rows(log, Feedback) if holds(row.prompt, filter(None, [row.answer, row.correction]))]
    return Held(asked, said)


def named(identifier: str, log: Path = LOG) -> Held:
    """The rows of a piece of feedback, or of a request and all that was said of its answer, by the id of either.

    Raises:
        LogUnusable: the log cannot be read.
        NothingNamed: no row has the id.
    """
    said = [row for row in rows(log, Feedback) if identifier in (row.id, row.request)]
    requests = {identifier, *(row.request for row in said)}
    held = Held([row.id for row in rows(log, Asked) if row.id in requests], [row.id for row in said])
    if not held:
        raise NothingNamed(
            f"{log}: no request and no feedback is called {identifier}", "each answer's header and page tell its id"
        )
    return held


def delete(held: Held, log: Path = LOG) -> None:
    """Delete feedback, and the texts of requests, whose numbers stay; overwritten, not only unlinked.

    Raises:
        LogUnusable: the log cannot be written.
    """
    try:
        with contextlib.closing(sqlite3.connect(log, timeout=30)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            with connection:
                connection.executemany("DELETE FROM feedback WHERE id = ?", ((each,) for each in held.feedback))
                texts = "UPDATE requests SET prompt = NULL, answer = NULL WHERE id = ?"
                connection.executemany(texts, ((each,) for each in held.requests))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the text is in its pages until then
    except sqlite3.Error as error:
        raise LogUnusable(log, error) from error


def _folded(text: object) -> str:
    return normalise(text).casefold() if isinstance(text, str) else ""
