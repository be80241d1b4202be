"""The way out of a merge in which both branches have run."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pipeline.clone import Clone

TAKE_OURS = ("checkout", "--ours", "--", "dvc.lock", "metrics", "plots")
"""The command of docs/sharing.md for a dvc.lock with markers in it."""


def merge(clone: Clone, branch: str) -> int:
    """Try to merge; Git's exit status."""
    command = ["git", "merge", "--no-edit", branch]
    return subprocess.run(command, cwd=clone.path, env=clone.environment, capture_output=True, check=False).returncode


def unmerged(clone: Clone) -> set[str]:
    """The files that Git wants settled."""
    return set(clone.git("diff", "--name-only", "--diff-filter=U").split())


def ran(said: str) -> list[str]:
    """The stages that DVC ran, not those it skipped or took from the run-cache."""
    return [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]


def text_merge(clone: Clone) -> None:
    """Let Git merge dvc.lock like any text, as a server does that does not read .gitattributes."""
    (clone.path / ".git/info/attributes").write_text("* merge\n")


@pytest.fixture(scope="module")
def branches(finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, Clone, Clone]:
    """Ours and theirs, each changed and run in a clone of its own; and both changes run in one, without a merge."""
    folder = tmp_path_factory.mktemp("branches")
    ours, theirs = (finished.copy(folder / name) for name in ("ours", "theirs"))
    theirs.set("generate.count", 12)
    theirs.dvc("repro", "--quiet")
    both = theirs.copy(folder / "both")
    for clone in (ours, both):
        clone.set("evaluate.jackknife_groups", 5)
        clone.dvc("repro", "--quiet")
    for clone in (ours, theirs):
        clone.git("checkout", "--quiet", "-b", clone.path.name)
        clone.git("commit", "--quiet", "--all", "--message", clone.path.name)
    theirs.dvc("push", "--quiet", "--run-cache")
    ours.git("fetch", "--quiet", "../theirs", "theirs:theirs")
    return ours, theirs, both


@pytest.fixture
def ours(branches: tuple[Clone, Clone, Clone], tmp_path: Path) -> Clone:
    """The clone that merges, beside the remote that the other one has pushed to."""
    mine, _, _ = branches
    shutil.copytree(mine.path.parent / "promptgan-remote", tmp_path / "promptgan-remote")
    return mine.copy(tmp_path / "clone")


@pytest.mark.slow
def test_the_merge_stops_and_repro_settles_it_with_what_both_have_run(
    ours: Clone, branches: tuple[Clone, Clone, Clone]
) -> None:
    _, _, both = branches
    lock = ours.lock()
    assert merge(ours, "theirs") == 1
    assert "dvc.lock" in unmerged(ours)
    assert ours.lock() == lock, "ours is left in place, without markers"

    ours.dvc("fetch", "--run-cache")
    said = ours.dvc("repro", "--pull")
    assert ran(said) == ["evaluate", "report"], f"{said}\nwhat they have generated is generated again"
    ours.git("add", "dvc.lock", "metrics", "plots")
    ours.git("commit", "--quiet", "--no-edit")

    assert "up to date" in ours.dvc("status")
    assert not ours.git("status", "--porcelain")
    assert ours.lock() == both.lock(), "the merge is not what a run of both changes makes"
    for name in ("metrics/evaluation.json", "plots/curves.csv"):
        assert (ours.path / name).read_bytes() == (both.path / name).read_bytes()


def test_markers_go_by_taking_ours(ours: Clone) -> None:
    lock = ours.lock()
    text_merge(ours)
    assert merge(ours, "theirs") == 1
    assert b"<<<<<<<" in ours.lock()
    ours.git(*TAKE_OURS)
    assert ours.lock() == lock


@pytest.mark.slow
def test_no_merge_makes_a_lock_of_a_run_that_never_was(finished: Clone, tmp_path: Path) -> None:
    # Two changes of one stage that alter no output: Git can merge the text, and DVC would believe it.
    clone = finished.copy(tmp_path / "clone")
    clone.git("branch", "base")
    for branch, name in {"ours": "stages/report.py", "theirs": "src/promptgan/reporting/contents.py"}.items():
        clone.git("checkout", "--quiet", "-b", branch, "base")
        with (clone.path / name).open("a", encoding="utf-8") as file:
            file.write("# a thought\n")
        clone.dvc("repro", "--quiet", "report")
        clone.git("commit", "--quiet", "--all", "--message", branch)
    assert merge(clone, "ours") == 1
    assert unmerged(clone) == {"dvc.lock"}

    clone.git("merge", "--abort")
    text_merge(clone)
    assert merge(clone, "ours") == 0, "the danger is gone, and .gitattributes may go too"
    assert "up to date" in clone.dvc("status")
