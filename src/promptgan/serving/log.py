"""What the service did and what people said of it: two tables in SQLite, which a thread of its own writes."""

import contextlib
import errno
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from promptgan.core.errors import PromptganError

LOG = Path(".promptgan/serving/log.sqlite")
"""Where the log is unless told otherwise."""
PENDING = 10_000
"""Rows that wait while the disk is full; older ones are dropped, and counted."""
RETRY = 1.0
"""Seconds until a write that failed is tried again."""
TABLES = """
CREATE TABLE IF NOT EXISTS requests (
    id TEXT PRIMARY KEY, at REAL, route TEXT, model TEXT, revision TEXT, status INTEGER, seconds REAL, queued REAL,
    tokens INTEGER, prompt TEXT NULL, answer TEXT NULL, prompt_length INTEGER, answer_length INTEGER,
    score REAL NULL, verdict TEXT NULL, repeated INTEGER, shadow INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS requests_at ON requests (at);
CREATE TABLE IF NOT EXISTS feedback (
    id TEXT PRIMARY KEY, request TEXT, at REAL, model TEXT, prompt TEXT, answer TEXT, thumb INTEGER NULL,
    correction TEXT NULL, consent INTEGER, source TEXT
);
CREATE INDEX IF NOT EXISTS feedback_at ON feedback (at);
"""
_said = logging.getLogger(__name__)


class LogUnusable(PromptganError):
    """The log cannot be written or read where it was asked for."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(f"{path} is no log that can be used: {error}", "name another file with --log, or move it away")


class NoLog(PromptganError):
    """There is no log to be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"there is no log {path}", "`make serve` writes one; another is named with --log")


@dataclass(frozen=True)
class Asked:
    """A row of the table `requests`: one request, answered or refused."""

    id: str
    """Of the request; where nobody saw the answer, with a point and what tells its answers apart after it."""
    at: float
    """When it came, in seconds since 1970."""
    route: str
    """Such as `/v1/generate`."""
    model: str
    """The name that it is served by; empty where the request named none that is served."""
    revision: str
    """sha256 of the model folder's index.json."""
    status: int
    """Of HTTP."""
    seconds: float
    """From its coming to the last byte of its answer."""
    queued: float
    """Of these, seconds that it waited for others."""
    tokens: int
    """Of the answer, its ends counted."""
    prompt: str | None
    """Contact details masked; None unless texts are logged."""
    answer: str | None
    """As ``prompt``."""
    prompt_length: int
    """Characters; where a request has several, of one on average."""
    answer_length: int
    """As ``prompt_length``."""
    score: float | None = None
    """The discriminator's logit of the answer."""
    verdict: str | None = None
    """Why moderation refused it."""
    repeated: int = 0
    """1 where one of the model's last answers was the same."""
    shadow: int = 0
    """1 where nobody saw the answer."""

    @property
    def request(self) -> str:
        """The id of the request that it answers, also where nobody saw the answer."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """Of the model, with the first digits of its revision."""
        return f"{self.model} {self.revision[:7]}"

    @property
    def answered(self) -> bool:
        """Whether whoever asked got what was asked for."""
        return self.status < 300


@dataclass(frozen=True)
class Feedback:
    """A row of the table `feedback`: what somebody said of an answer."""

    id: str
    request: str
    """The id of the request that it is about."""
    at: float
    """When it came, in seconds since 1970."""
    model: str
    prompt: str
    answer: str
    thumb: int | None
    """1 up, -1 down."""
    correction: str | None
    """What the answer should have been."""
    consent: int
    """1 where it may be learnt from."""
    source: str
    """Who said it: the name of an API key, or `page`."""


Row = TypeVar("Row", Asked, Feedback)
NAMES: dict[type, str] = {Asked: "requests", Feedback: "feedback"}


class Log:
    """Takes rows without waiting and writes them in a thread of its own.

    What cannot be written (a full disk) stops nobody: it is said once, tried again, and after `PENDING` rows the oldest
    are dropped and counted.

    Args:
        path: of the database, made with its folder where it is not there.

    Raises:
        LogUnusable: the path is no database, or may not be written; a full disk is no reason.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str | None = None
        """Why the last rows could not be written; None where they were."""
        self.lost = 0
        """Rows dropped."""
        self._rows: deque[Asked | Feedback] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._writing = 0
        try:
            with contextlib.closing(self._connection()):
                pass
        except (sqlite3.Error, OSError) as error:
            if not _full(error):
                raise LogUnusable(path, error) from error
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def append(self, row: Asked | Feedback) -> None:
        """Take a row to be written soon; never waits for the disk."""
        with self._changed:
            self._rows.append(row)
            if len(self._rows) > PENDING:
                self._rows.popleft()
                self.lost += 1
            self._changed.notify_all()

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until all rows taken so far are written; whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._rows and not self._writing, timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Write what is left and end the thread; what a full disk does not take is lost, and said."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout)
        if self._rows:
            _said.error("%s: %d rows were not written", self.path, len(self._rows))

    def _connection(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=5, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(TABLES)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._rows or self._closed)
                rows = list(self._rows)
                self._rows.clear()
                self._writing = len(rows)
            if not rows:
                break
            try:
                connection = connection or self._connection()
                with connection:
                    for row in rows:
                        names = [field.name for field in fields(row)]  # an older table may have others too
                        columns, marks = ", ".join(names), ", ".join("?" * len(names))
                        into = f"INSERT OR IGNORE INTO {NAMES[type(row)]} ({columns}) VALUES ({marks})"
                        connection.execute(into, astuple(row))
            except (sqlite3.Error, OSError) as error:
                self._not_written(rows, error)
                if self._closed:
                    break
                time.sleep(RETRY)
            else:
                if self.problem:
                    _said.warning("%s is written again; %d rows were lost", self.path, self.lost)
                with self._changed:
                    self.problem, self._writing = None, 0
                    self._changed.notify_all()
        if connection:
            connection.close()

    def _not_written(self, rows: list[Asked | Feedback], error: Exception) -> None:
        """Put the rows back before those that came meanwhile, as many as may wait."""
        if not self.problem:
            _said.error("%s cannot be written, the service goes on: %s", self.path, error)
        with self._changed:
            self.problem, self._writing = str(error), 0
            self._rows.extendleft(reversed(rows))
            while len(self._rows) > PENDING:
                self._rows.popleft()
                self.lost += 1


def rows(path: Path, kind: type[Row], since: float = 0.0, until: float = float("inf")) -> Iterator[Row]:
    """The rows of a log with ``since`` <= `at` < ``until``, oldest first; also while a service writes it.

    Args:
        path: of the database.
        kind: `Asked` or `Feedback`, the class of the rows.
        since, until: seconds since 1970.

    Raises:
        NoLog: there is none.
        LogUnusable: it is no such database.
    """
    if not path.exists():
        raise NoLog(path)
    columns = ", ".join(field.name for field in fields(kind))
    query = f"SELECT {columns} FROM {NAMES[kind]} WHERE at >= ? AND at < ? ORDER BY at, rowid"
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            for row in connection.execute(query, (since, until)):
                yield kind(*row)
    except sqlite3.Error as error:
        raise LogUnusable(path, error) from error


def mean_length(texts: Sequence[str]) -> int:
    """Characters of a text, on average; 0 of none."""
    return round(fmean(map(len, texts))) if texts else 0


def last_words(said: Iterable[Feedback]) -> list[Feedback]:
    """Of what one source said of one answer the last, as people change their minds.

    Args:
        said: oldest first. A request may have several answers, which their texts tell apart.
    """
    return list({(row.request or row.id, row.answer, row.source): row for row in said}.values())


def _full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
