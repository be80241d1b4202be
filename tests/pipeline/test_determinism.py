"""Two fresh clones that really train end with the same bytes."""

import json
from pathlib import Path

import pytest

from tests.pipeline.clone import Clone


@pytest.mark.slow
def test_two_fresh_clones_end_with_the_same_lock_file(two_runs: tuple[Clone, Clone]) -> None:
    first, second = two_runs
    for clone in two_runs:
        caches = [line.split()[-1] for line in clone.dvc("cache", "dir").splitlines()]
        assert caches == [str(clone.path / ".dvc/cache")]
        assert not clone.checkpoints("*"), "a checkpoint outlives its stage"
        for stage in ("pretrain", "train", "control"):
            assert json.loads((clone.path / f"metrics/{stage}.json").read_text())["steps"] > 20
    assert first.lock() == second.lock()


@pytest.mark.slow
def test_a_clone_with_other_line_ends_is_not_stale(finished: Clone, tmp_path: Path) -> None:
    clone = finished.copy(tmp_path / "clone")
    clone.git("config", "core.autocrlf", "true")
    clone.git("rm", "--quiet", "-r", "--cached", ".")
    clone.git("reset", "--quiet", "--hard")
    assert json.loads(clone.dvc("status", "--json").splitlines()[-1]) == {}
