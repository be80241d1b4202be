import csv
import json
import subprocess
from pathlib import Path

from tests import warm

ROOT = Path(__file__).parents[4]
PARAMS = """
seed: 1
task: text
compute: {device: cpu, threads: 1, precision: float32}
evaluate: {language_model_order: 3, jackknife_groups: 4, verse: false}
"""


def test_headline_and_curves_are_written(tokens: Path, models: Path, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS)
    command = [warm.python(), str(ROOT / "stages/evaluate.py"), "--tokens", str(tokens)]
    done = subprocess.run(
        [*command, "--models", models, "--samples", samples], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "metrics/evaluation.json").read_text())
    assert set(metrics) == {"task", "systems", "gaps", "standard_errors", "verdict", "signature"}
    with (tmp_path / "plots/curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 11
    assert list(rows[0])[:4] == ["model", "temperature", "nll", "nll_character"]
    assert all(row["quality"] == row["bleu_4"] and row["diversity"] == row["self_bleu_4"] for row in rows)
    assert rows[0]["model"] == "real" and rows[0]["nll"] == ""


def test_a_missing_model_is_named(tokens: Path, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(PARAMS)
    command = [warm.python(), str(ROOT / "stages/evaluate.py"), "--tokens", str(tokens), "--samples", str(samples)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "models/pretrained" in done.stderr and "Traceback" not in done.stderr
