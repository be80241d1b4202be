"""What Git itself says against working in a clone."""

import subprocess
from pathlib import Path

import pytest

from promptgan.doctor import history
from promptgan.doctor.finding import Finding, Verdict

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]


@pytest.fixture(autouse=True)
def nobody(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of a user whom Git does not know."""
    for variable in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    for variable in history.IDENTITY.values():
        monkeypatch.delenv(variable, raising=False)
    return root


def known() -> None:
    for key in history.IDENTITY:
        subprocess.run(["git", "config", key, "a"], check=True)


def test_a_whole_clone_of_somebody_known_is_fine() -> None:
    known()
    (found,) = history.git()
    assert found.verdict is Verdict.ok


def test_a_missing_identity_is_noted() -> None:
    (found,) = history.git()
    assert (found.verdict, found.check) == (Verdict.note, "identity")
    assert found.found.startswith("user.name and user.email not set")
    assert "git config --global user.name" in found.remedy


def test_a_repository_of_somebody_else_is_a_problem(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    (found,) = history.git()
    assert found.verdict is Verdict.problem
    assert "belongs to somebody else" in found.found
    assert f"safe.directory {root}" in found.remedy


def test_a_shallow_clone_is_noted(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for message in ("a", "b"):
        subprocess.run([*GIT, "commit", "--quiet", "--allow-empty", "--message", message], check=True)
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{root}", str(tmp_path / "shallow")], check=True)
    monkeypatch.chdir(tmp_path / "shallow")
    known()
    (found,) = history.git()
    assert found == Finding("history", found.found, Verdict.note, "git fetch --unshallow")
    assert found.found.startswith("shallow: ")
