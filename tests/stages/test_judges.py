import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests import warm

ROOT = Path(__file__).parents[2]
PARAMS = """
seed: 1
task: text
form: tokens
compute: {device: cpu, threads: 1, precision: float32}
judges: {embedding: 16, dropout: 0.1, word_dropout: 0.1, batch: 8, learning_rate: 0.01, epochs: 2, patience: 1}
"""


def run(folder: Path, params: str = PARAMS, anew: bool = False) -> "subprocess.CompletedProcess[str]":
    """Run the stage; anew in an interpreter with a hash seed of its own."""
    (folder / "params.yaml").write_text(params)
    shutil.copyfile(ROOT / "requirements.lock", folder / "requirements.lock")
    command = [sys.executable if anew else warm.python(), str(ROOT / "stages/judges.py")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_two_runs_write_the_same_bytes(tokens: Path, tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "data").mkdir()
        shutil.copytree(tokens, folder / "data/tokens")
        done = run(folder, anew=name == "b")
        assert done.returncode == 0, done.stderr
        written.append({p.name: p.read_bytes() for d in ("models/judges", "metrics") for p in (folder / d).iterdir()})
    assert written[0] == written[1]
    assert set(written[0]) == {"index.json", "matcher.safetensors", "run.json", "judges.json"}
    assert json.loads(written[0]["judges.json"])["pairs"] == {"train": 40, "stop": 4, "report": 4}


def test_all_wrong_parameters_are_named(tmp_path: Path) -> None:
    done = run(tmp_path, PARAMS.replace("epochs: 2", "epochs: 0").replace("batch: 8", "bathc: 8"))
    assert done.returncode == 2
    assert "judges.epochs: found 0" in done.stderr
    assert "did you mean batch?" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_task_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, PARAMS.replace("task: text", "task: txt"))
    assert done.returncode == 2
    assert "did you mean text?" in done.stderr
