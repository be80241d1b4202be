import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from promptgan.doctor.examination import examine
from promptgan.doctor.finding import Finding, Verdict
from promptgan.repository import NoRepository

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(root: Path) -> Path:
    """What a clone holds, as far as the doctor looks at it."""
    for name in ("dvc.yaml", "dvc.lock", "params.yaml", "requirements.lock", ".dvc/config", ".gitignore"):
        shutil.copy(ROOT / name, root / name)
    return root


def problems() -> list[Finding]:
    return [each for each in examine(ask_remote=False) if each.verdict is Verdict.problem]


def test_elsewhere_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoRepository, match=r"there is no params\.yaml here"):
        examine(ask_remote=False)


def test_a_clean_clone_has_no_problem_and_is_left_as_it_is(clone: Path) -> None:
    before = sorted(path for path in clone.rglob("*") if ".git" not in path.parts and "tmp" not in path.parts)
    assert problems() == []
    assert sorted(path for path in clone.rglob("*") if ".git" not in path.parts and "tmp" not in path.parts) == before


def test_everything_that_is_broken_is_found_at_once(clone: Path) -> None:
    (clone / "params.yaml").write_text((clone / "params.yaml").read_text().replace("seed: 1 ", "sed: 1 "))
    (clone / "requirements.lock").write_text("numpy==0.0.1\n")
    (clone / ".dvc/config").write_text("[core\n")
    found = {each.check: each for each in problems()}
    assert set(found) == {"packages", "DVC", "params.yaml"}
    assert "did you mean seed?" in found["params.yaml"].found


def test_files_without_git_are_a_problem(clone: Path) -> None:
    shutil.rmtree(clone / ".git")
    assert [each.found for each in problems()] == ["this folder is no Git repository"]


def test_a_repository_of_somebody_else_is_the_only_thing_said_of_the_clone(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert [each.found for each in problems()] == ["this folder belongs to somebody else, so Git refuses to work in it"]


def test_a_full_disk_stops_no_other_check(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("dvc_objects.fs.generic.test_links", full)
    (found,) = problems()
    assert found.check == "cache"
    assert "No space left on device" in found.found
    assert "free some space" in found.remedy


def test_a_package_that_cannot_be_imported_stops_no_other_check(clone: Path) -> None:
    code = """
import sys
sys.modules["psutil"] = None
from promptgan.doctor.examination import examine
for each in examine(ask_remote=False):
    print(each.verdict, each.check, each.found)
"""
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT / "src")})
    assert "problem DVC cannot be checked: import of psutil halted" in said.stdout
    assert "problem machine cannot be checked: import of psutil halted" in said.stdout
    assert "ok params.yaml" in said.stdout
