"""Proof two, by doing: every stage makes the same bytes in a folder that holds only what it declares.

Those that handle data and pages start without torch.
"""

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
