from pathlib import Path

import pytest

from promptgan.doctor import installation
from promptgan.doctor.finding import Verdict

LOCK = Path(__file__).parents[2] / "requirements.lock"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A copy of the lock, to be changed."""
    copy = tmp_path / "requirements.lock"
    copy.write_bytes(LOCK.read_bytes())
    return copy


def put_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """A PATH of one folder with programs of these names that do nothing."""
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_another_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installation.python().verdict is Verdict.ok
    monkeypatch.setattr(installation, "PYTHON", (3, 99))
    assert installation.python().remedy == "install Python 3.99, then run `make clean-venv run`"


def test_the_locked_packages_are_installed(lock: Path) -> None:
    found = installation.packages(lock)
    assert found.verdict is Verdict.ok, found.found


def test_every_differing_package_is_named(lock: Path) -> None:
    text = lock.read_text()
    pinned = next(line for line in text.splitlines() if line.startswith("numpy=="))
    lock.write_text(text.replace(pinned, "numpy==0.0.1") + "no-such-package-at-all==1.0\n")
    found = installation.packages(lock)
    assert found.verdict is Verdict.problem
    assert f"numpy {pinned.removeprefix('numpy==')} (pinned 0.0.1)" in found.found
    assert "no-such-package-at-all is not installed" in found.found
    assert found.found.startswith("2 of ")
    assert found.remedy.endswith("-m pip install -r requirements.lock")


def test_many_differing_packages_are_counted(lock: Path) -> None:
    lock.write_text("".join(f"no-such-package-{number}==1.0\n" for number in range(10)))
    assert installation.packages(lock).found.endswith("no-such-package-5 is not installed and 4 more")


def test_a_package_of_another_platform_is_not_missed(lock: Path) -> None:
    lock.write_text('no-such-package==1.0 ; platform_system == "Nowhere"\n')
    assert installation.packages(lock).verdict is Verdict.ok


def test_a_broken_or_missing_lock_is_a_problem(lock: Path) -> None:
    lock.write_text("<<<<<<< ours\nnumpy==1\n")
    assert installation.packages(lock).verdict is Verdict.problem
    lock.unlink()
    assert "No such file" in installation.packages(lock).found


def test_stages_must_run_with_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert installation.interpreter().verdict is Verdict.ok, "the .venv that make builds is not in use"
    put_on_path(tmp_path, monkeypatch, "python")
    found = installation.interpreter()
    assert found.verdict is Verdict.problem
    assert found.found.startswith(f"{tmp_path / 'python'}, not ")
    (tmp_path / "python").unlink()
    assert "no `python` on PATH" in installation.interpreter().found


def test_code_of_another_clone_is_noted(tmp_path: Path) -> None:
    assert installation.code(Path(installation.__file__).parents[3]).verdict is Verdict.ok
    assert installation.code(tmp_path).verdict is Verdict.note


def test_git_is_needed_and_make_is_convenient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_on_path(tmp_path, monkeypatch, "git", "make")
    assert installation.programs().verdict is Verdict.ok
    (tmp_path / "make").unlink()
    assert (installation.programs().verdict, installation.programs().found) == (Verdict.note, "make missing")
    (tmp_path / "git").unlink()
    assert (installation.programs().verdict, installation.programs().found) == (
        Verdict.problem,
        "git and make missing",
    )
