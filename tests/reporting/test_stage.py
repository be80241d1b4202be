import subprocess
import sys
from pathlib import Path

from tests import warm

ROOT = Path(__file__).parents[2]


def run(folder: Path, python: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([python, str(ROOT / "stages/report.py")], cwd=folder, capture_output=True, text=True)


def test_two_runs_write_the_same_bytes(outputs: Path) -> None:
    written = []
    for python in (warm.python(), sys.executable):  # the second has a hash seed of its own
        done = run(outputs, python)
        assert done.returncode == 0, done.stderr
        written.append({path.name: path.read_bytes() for path in (outputs / "reports/html").iterdir()})
    assert written[0] == written[1]
    assert set(written[0]) == {"index.html", "README.md"}


def test_without_outputs_the_missing_one_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, warm.python())
    assert done.returncode == 1
    assert "cannot be read" in done.stderr and "Traceback" not in done.stderr
