"""A record that has to go is found in a service's log, and deleted from its bytes."""

from pathlib import Path

import pytest

from promptgan.learning import withdrawal
from promptgan.serving.log import Asked, Feedback, Log, LogUnusable, rows
from tests.watching.conftest import asked

SECRET = "my unmistakable secret"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.sqlite"
    made = Log(path)
    made.append(asked(0, prompt="how are you", answer="fine"))
    made.append(asked(1, prompt="tell me", answer=f"it is {SECRET}"))
    made.append(Feedback("f0", "r0", 1.0, "m", "how  are you", "bad", -1, "Fine", 1, "page"))
    made.append(Feedback("f1", "r1", 2.0, "m", "hello", "there", 1, None, 1, "page"))
    made.close()
    return path


def test_a_pair_is_found_in_answers_and_corrections(log: Path) -> None:
    held = withdrawal.find([("How are you", "fine")], [], log)
    assert held == withdrawal.Held(["r0000"], ["f0"]) and held


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


def test_a_broken_log_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").write_text("no database" * 100)
    with pytest.raises(LogUnusable):
        withdrawal.find([], ["a"], tmp_path / "log.sqlite")
