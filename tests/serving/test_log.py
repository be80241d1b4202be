"""The log: rows come back, and a disk that is full stops nobody."""

import logging
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from promptgan.serving import log
from promptgan.serving.log import Asked, Feedback, Log, LogUnusable, NoLog, rows

ASKED = Asked("a", 1.5, "/v1/generate", "m", "0" * 64, 200, 0.02, 0.001, 5, None, None, 11, 13, score=0.25)
FEEDBACK = Feedback("f", "a", 2.0, "m", "how are you?", "fine", -1, "very well", 1, "page")


def test_rows_come_back_oldest_first_within_a_period(tmp_path: Path) -> None:
    kept = Log(tmp_path / "new" / "log.sqlite")
    later = [replace(ASKED, id=str(i), at=float(i)) for i in (3, 2)]
    for row in (*later, ASKED, FEEDBACK):
        kept.append(row)
    assert kept.flush()
    assert list(rows(kept.path, Asked)) == [ASKED, *reversed(later)], "a service that writes is read too"
    assert [row.id for row in rows(kept.path, Asked, since=2, until=3)] == ["2"]
    assert list(rows(kept.path, Feedback)) == [FEEDBACK]
    kept.close()


def test_the_tables_have_the_columns_of_the_rows_and_are_added_to(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    for name in ("a", "b", "b"):
        kept = Log(path)
        kept.append(replace(ASKED, id=name))
        kept.close()
    assert [row.id for row in rows(path, Asked)] == ["a", "b"], "a row is written once"
    connection = sqlite3.connect(path)
    for kind, name in log.NAMES.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        assert columns == list(kind.__dataclass_fields__)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_log_with_a_column_more_is_written_on(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(log.TABLES.replace("score REAL", "language TEXT NULL, score REAL"))
    connection.close()
    kept = Log(path)
    kept.append(ASKED)
    kept.close()
    assert list(rows(path, Asked)) == [ASKED]


def test_a_full_disk_stops_nobody_and_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "RETRY", 0.01)
    monkeypatch.setattr(log, "PENDING", 50)
    kept = Log(tmp_path / "log.sqlite")
    opened = kept._connection

    def full() -> sqlite3.Connection:
        connection = opened()
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(kept, "_connection", full)
    for i in range(400):
        kept.append(replace(ASKED, id=str(i), prompt="x" * 1000))
    assert not kept.flush(0.2)
    assert kept.problem == "database or disk is full"
    assert kept.lost >= 350 - 50
    assert len([r for r in caplog.records if r.levelno == logging.ERROR and "goes on" in r.message]) == 1
    kept.close()
    assert "50 rows were not written" in caplog.text


def test_what_is_no_database_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, " * 100)
    for place in (tmp_path / "text", tmp_path):
        with pytest.raises(LogUnusable, match="--log"):
            Log(place)
    with pytest.raises(NoLog, match="no log"):
        list(rows(tmp_path / "absent", Asked))
