"""Calling Git: what it prints, and what is said where it fails or is not there."""

from pathlib import Path

import pytest

from promptgan import git


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git.output("init", "--quiet", "--initial-branch=main")
    return tmp_path


def test_what_git_reads_and_prints_are_the_same_bytes(repository: Path) -> None:
    blob = git.text("hash-object", "-w", "--stdin", given="é\r\n").strip()
    assert git.output("cat-file", "blob", blob) == "é\r\n".encode()


def test_it_runs_in_the_folder_and_with_the_variables(repository: Path) -> None:
    (repository / "in").mkdir()
    assert git.text("rev-parse", "--show-prefix", folder=Path("in")) == "in/\n"
    assert git.text("var", "GIT_EDITOR", env={"GIT_EDITOR": "ed"}) == "ed\n"


def test_a_failure_says_what_git_said(repository: Path) -> None:
    with pytest.raises(git.GitFailed, match=r"^git rev-parse --verify HEAD: fatal: Needed a single revision"):
        git.output("rev-parse", "--verify", "HEAD")
    assert git.text_if_any("rev-parse", "--verify", "HEAD") == ""


def test_without_git_the_error_names_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(git.GitFailed, match="git: No such file"):
        git.output("status")
    assert git.text_if_any("status") == ""
