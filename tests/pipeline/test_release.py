"""A release of a pipeline that really ran."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.pipeline.clone import PROMPTGAN, Clone


@pytest.mark.slow
def test_a_finished_pipeline_is_released_and_the_release_checked_elsewhere(finished: Clone, tmp_path: Path) -> None:
    clone = finished.copy(tmp_path / "clone")
    release = tmp_path / "release"
    assert "not signed" in clone.promptgan("release", "build", "--out", release)
    told = clone.promptgan("release", "verify", release)
    assert "card and records are those of one run; the model is models/adversarial" in told
    assert "drawn again are the same" in told
    assert told.endswith("without a key this shows that the folder agrees with itself, not who made it\n")
    assert not clone.git("status", "--porcelain").strip()


@pytest.mark.slow
def test_a_better_number_in_the_card_of_a_real_release_is_found(finished: Clone, tmp_path: Path) -> None:
    clone = finished.copy(tmp_path / "clone")
    release = tmp_path / "release"
    clone.promptgan("release", "build", "--out", release)
    path = release / "README.md"
    metrics = json.loads((release / "metrics/evaluation.json").read_text())
    value = f"{metrics['systems']['adversarial']['ms_jaccard']:.4f}"
    path.write_text(path.read_text().replace(f"| {value} ", "| 0.9876 "))
    sums = (release / "SHA256SUMS").read_text().splitlines()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [f"{digest}  README.md" if line.endswith("  README.md") else line for line in sums]
    (release / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    said = clone.refused(*PROMPTGAN, "release", "verify", release)
    assert "README.md: is not the file that dvc.lock leads to" in said
