"""A release of a pipeline that really ran."""

import sys
from pathlib import Path

import pytest

from tests.pipeline.clone import Clone

PROGRAM = "import sys; sys.path.insert(0, 'src'); from promptgan.commands.release import app; app()"


@pytest.mark.slow
def test_a_finished_pipeline_is_released_and_the_release_checked_elsewhere(finished: Clone, tmp_path: Path) -> None:
    clone = finished.copy(tmp_path / "clone")
    release = tmp_path / "release"
    assert "not signed" in clone.run(sys.executable, "-c", PROGRAM, "build", "--out", release)
    told = clone.run(sys.executable, "-c", PROGRAM, "verify", release)
    assert "belong to one run; the model was models/adversarial" in told
    assert "drawn again are the same" in told
    assert not clone.git("status", "--porcelain").strip()
