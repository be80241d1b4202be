"""Proof two, by doing: every stage makes the same bytes in a folder that holds only what it declares.

So a second clone ends with the same lock file. Those stages that handle data and pages start without torch.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.pipeline.clone import ROOT, Clone
from tests.pipeline.conftest import Isolated

STAGES = list(yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_needs_nothing_that_it_does_not_declare(
    stage: str, finished: Clone, isolated: Callable[[str], Isolated]
) -> None:
    for output in finished.hashes(stage):
        assert contents(isolated(stage).folder / output) == contents(finished.path / output), output


@pytest.mark.slow
def test_a_second_fresh_clone_ends_with_the_same_lock_file(
    source: Clone, finished: Clone, isolated: Callable[[str], Isolated], tmp_path: Path
) -> None:
    second = source.fresh(tmp_path / "clone")
    for stage in STAGES:
        for output in finished.hashes(stage):
            made, place = isolated(stage).folder / output, second.path / output
            shutil.copytree(made, place) if made.is_dir() else shutil.copy(made, place)
    second.dvc("commit", "--quiet", "--force")
    assert second.lock() == finished.lock()


@pytest.mark.slow
def test_a_finished_clone_has_trained_and_keeps_its_cache_to_itself(finished: Clone) -> None:
    assert [line.split()[-1] for line in finished.dvc("cache", "dir").splitlines()] == [f"{finished.path}/.dvc/cache"]
    assert not finished.checkpoints("*"), "a checkpoint outlives its stage"
    for stage in ("pretrain", "train", "control"):
        assert json.loads((finished.path / f"metrics/{stage}.json").read_text())["steps"] > 20


@pytest.mark.slow
def test_a_clone_with_other_line_ends_is_not_stale(finished: Clone, tmp_path: Path) -> None:
    clone = finished.copy(tmp_path / "clone")
    clone.git("config", "core.autocrlf", "true")
    clone.git("rm", "--quiet", "-r", "--cached", ".")
    clone.git("reset", "--quiet", "--hard")
    assert json.loads(clone.dvc("status", "--json").splitlines()[-1]) == {}


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["download", "validate", "report"])
def test_a_stage_without_a_model_never_loads_torch(stage: str, isolated: Callable[[str], Isolated]) -> None:
    imported = isolated(stage).imported
    assert {"promptgan", "typer"} <= imported
    assert "torch" not in imported


def contents(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    found = {str(file.relative_to(path)): file.read_bytes() for file in files if file.is_file()}
    assert found, f"{path} is empty"
    return found
