"""Rows of a service's log that hold a record which has to go."""

import contextlib
import sqlite3
from collections.abc import Iterable
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

from promptgan.core.errors import PromptganError
from promptgan.quality.normalise import normalise
from promptgan.serving.log import LOG, Asked, Feedback, LogUnusable, rows

FEWEST = 8
"""First letters of an id that may stand for it: those that the page tells."""


PATIENCE_SECONDS = 30.0
"""How long others may keep the log from being written."""


class NothingNamed(PromptganError):
    """The log has no row of that id, or several whose ids begin so."""


class StillRead(PromptganError):
    """Rows are deleted, and their bytes are not overwritten yet."""


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

    A request's prompts, and its answers, stand in the log a line each; a text that was sent to be scored is the last of
    its prompts.

    Raises:
        LogUnusable: there is one, and it cannot be read.
    """
    if not log.is_file():
        return Held([], [])
    pairs = {tuple(map(_folded, pair)) for pair in records}
    halves = {half for pair in pairs for half in pair}
    words = [_folded(phrase) for phrase in phrases]

    def lines(text: str | None) -> list[str]:
        each = (text or "").split("\n")
        return [line for line in map(_folded, [text, *each] if len(each) > 1 else each) if line in halves]

    def holds(prompt: str | None, *texts: str | None) -> bool:
        prompts, sides = lines(prompt), [line for text in texts for line in lines(text)]
        found = (*product(prompts, sides), *combinations(("", *prompts), 2))
        return not pairs.isdisjoint(found) or any(word in _folded(text) for word in words for text in (prompt, *texts))

    asked = [row.id for row in rows(log, Asked) if holds(row.prompt, row.answer)]
    said = [row.id for row in rows(log, Feedback) if holds(row.prompt, row.answer, row.correction)]
    return Held(asked, said)


def named(identifier: str, log: Path = LOG) -> Held:
    """The rows of a piece of feedback, or of a request, what a shadow answered to it, and all that was said of it.

    Args:
        identifier: the id of either, or its beginning.
        log: of the service.

    Raises:
        NoLog, LogUnusable: the log cannot be read.
        NothingNamed: no row has the id, or several begin so.
    """
    said, asked = list(rows(log, Feedback)), {row.id: row.request for row in rows(log, Asked)}
    known = {*asked.values(), *(name for row in said for name in (row.id, row.request))}
    named = {identifier} & known or {
        name for name in known if len(identifier) >= FEWEST and name.startswith(identifier)
    }
    if len(named) != 1:
        raise NothingNamed(
            f"{log}: {len(named) or 'no'} requests and pieces of feedback are called {identifier}",
            f"take {FEWEST} letters or more of an id: the page tells that of feedback, `promptgan feedback list` too, "
            "an answer's header X-Request-Id that of a request",
        )
    said = [row for row in said if named & {row.id, row.request}]
    requests = named | {row.request for row in said}
    return Held([name for name, request in asked.items() if request in requests], [row.id for row in said])


def delete(held: Held, log: Path = LOG) -> None:
    """Delete feedback, and the texts of requests, whose numbers stay; overwritten, not only unlinked.

    Raises:
        LogUnusable: the log cannot be written.
        StillRead: another program reads it all the while.
    """
    try:
        with contextlib.closing(sqlite3.connect(log, timeout=PATIENCE_SECONDS)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            with connection:
                connection.executemany("DELETE FROM feedback WHERE id = ?", ((each,) for each in held.feedback))
                texts = "UPDATE requests SET prompt = NULL, answer = NULL WHERE id = ?"
                connection.executemany(texts, ((each,) for each in held.requests))
            # the text is in its pages until then
            still_read, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        raise LogUnusable(log, error) from error
    if still_read:
        raise StillRead(
            f"{log}: the rows are deleted, but another program reads the log, and their bytes stay in it meanwhile",
            "end that program: whoever closes the log last overwrites them",
        )


def _folded(text: object) -> str:
    return normalise(text).casefold() if isinstance(text, str) else ""
