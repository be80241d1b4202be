"""A record that has to go is found in a service's log, and deleted from its bytes."""

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.learning import withdrawal
from promptgan.serving.log import Asked, Feedback, LogUnusable, rows
from tests.lineage.records.conftest import repository
from tests.lineage.records.repository import Repository
from tests.watching.conftest import asked, logged

__all__ = ["repository"]

SECRET = "my unmistakable secret"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return logged(
        tmp_path / "log.sqlite",
        asked(0, prompt="how are you", answer="fine"),
        asked(1, prompt="tell me", answer=f"it is {SECRET}"),
        Feedback("f0", "r0", 1.0, "m", "how  are you", "bad", -1, "Fine", 1, "page"),
        Feedback("f1", "r1", 2.0, "m", "hello", "there", 1, None, 1, "page"),
    )


def test_a_pair_is_found_in_answers_and_corrections(log: Path) -> None:
    held = withdrawal.find([("How are you", "fine")], [], log)
    assert held == withdrawal.Held(["r0000"], ["f0"]) and held


def test_a_pair_is_found_among_several_texts_of_a_request(tmp_path: Path) -> None:
    texts = [
        ("how are you", "fine\nok"),
        ("tell me\nhow are you", "so\nfine"),
        ("how are you\nfine", ""),
        ("how\nare you", "fine"),
        ("how are you", "ok\nfine too"),
        ("fine\nhow are you", ""),
        ("how are you", ""),
    ]
    log = logged(tmp_path / "log.sqlite", *(asked(n, prompt=p, answer=a) for n, (p, a) in enumerate(texts)))
    held = withdrawal.find([("how are you", "fine")], [], log)
    assert held.requests == ["r0000", "r0001", "r0002", "r0003"]
    assert not withdrawal.find([("how are you", "how are you")], [], log), "a prompt is not its own answer"


def test_words_that_it_alone_has_are_found(log: Path) -> None:
    assert withdrawal.find([], [SECRET.upper()], log) == withdrawal.Held(["r0001"], [])


def test_what_is_not_there_is_not_found(log: Path, tmp_path: Path) -> None:
    assert not withdrawal.find([("how are you", "sad")], ["another secret"], log)
    assert not withdrawal.find([("how are you", "fine")], [], tmp_path / "none.sqlite")


def test_deleting_leaves_the_numbers_and_no_byte_of_the_text(log: Path) -> None:
    withdrawal.delete(withdrawal.find([("how are you", "fine")], [SECRET], log), log)
    assert [row.id for row in rows(log, Feedback)] == ["f1"]
    assert [(row.id, row.prompt, row.tokens) for row in rows(log, Asked)] == [("r0000", None, 10), ("r0001", None, 10)]
    assert not [file for file in log.parent.glob("log.sqlite*") if SECRET.encode() in file.read_bytes()]


def test_what_another_reader_keeps_in_the_bytes_is_not_called_deleted(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawal, "PATIENCE_SECONDS", 0.1)
    reader = sqlite3.connect(log)
    reader.execute("BEGIN")
    reader.execute("SELECT id FROM requests").fetchall()
    with pytest.raises(withdrawal.StillRead, match="another program reads"):
        withdrawal.delete(withdrawal.find([], [SECRET], log), log)
    assert not withdrawal.find([], [SECRET], log) and SECRET.encode() in log.read_bytes()
    reader.close()
    assert SECRET.encode() not in log.read_bytes()


def test_a_broken_log_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").write_text("no database" * 100)
    with pytest.raises(LogUnusable):
        withdrawal.find([], ["a"], tmp_path / "log.sqlite")


def test_by_the_id_of_a_request_all_that_was_said_of_it_goes(log: Path) -> None:
    said = Feedback("f2", "r0001", 3.0, "m", "tell me", f"it is {SECRET}", 1, None, 1, "page")
    logged(log, said, asked(1, id="r0001.0", prompt="tell me", answer=f"{SECRET}?", shadow=1))
    held = withdrawal.Held(["r0001", "r0001.0"], ["f2"])
    assert withdrawal.named("r0001", log) == withdrawal.named("f2", log) == held
    done = CliRunner().invoke(app, ["feedback", "remove", "r0001", "--log", str(log)])
    assert done.stdout == "deleted: 1 of feedback, the texts of 2 answer(s)\n"
    assert not [file for file in log.parent.glob("log.sqlite*") if SECRET.encode() in file.read_bytes()]
    for unknown in ("r9", "r000"):
        with pytest.raises(withdrawal.NothingNamed, match="no requests"):
            withdrawal.named(unknown, log)


def test_the_beginning_of_an_id_that_the_page_tells_will_do(tmp_path: Path) -> None:
    names = ("5f0c2b1e00", "5f0c2b1f00", "5f0c2b1f01")
    said = [Feedback(name, f"of {name}", 1.0, "m", "p", "a", 1, None, 1, "page") for name in names]
    log = logged(tmp_path / "log.sqlite", *said)
    assert withdrawal.named("5f0c2b1e", log).feedback == ["5f0c2b1e00"]
    with pytest.raises(withdrawal.NothingNamed, match="2 requests"):
        withdrawal.named("5f0c2b1f", log)


def test_removing_a_record_reaches_the_log(repository: Repository) -> None:
    _, _, prompt, text = repository.tables["train"][0]
    mine = Feedback("f0", "r0", 1.0, "m", prompt.upper(), "no idea", -1, text, 1, "page")
    logged(withdrawal.LOG, mine, Feedback("f1", "r1", 1.0, "m", "another prompt", "another text", 1, None, 1, "page"))
    remove = ["data", "remove", "--record", "train-0000"]
    said = CliRunner().invoke(app, remove).stdout
    assert "log.sqlite holds it: 1 of feedback, the texts of 0 requests" in said
    assert len(list(rows(withdrawal.LOG, Feedback))) == 2, "excluded is not deleted"
    CliRunner().invoke(app, [*remove, "--purge"], input="n\n")
    assert len(list(rows(withdrawal.LOG, Feedback))) == 2, "no is no"
    said = CliRunner().invoke(app, [*remove, "--purge", "--yes"]).stdout
    assert "1 rows of the service's log" in said
    assert [row.id for row in rows(withdrawal.LOG, Feedback)] == ["f1"]
