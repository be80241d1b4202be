"""A `dvc repro` with nothing to do: this pipeline's against DVC's own, on as many trivial stages in one chain.

Needs a finished run, which is copied aside, so that nothing here is touched. The two take turns.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROUNDS = 7
DVC = [sys.executable, "-m", "dvc"]


def copy_of_this(target: Path) -> int:
    """Copy the finished run, its cache left where it is; return the number of its stages."""
    root = Path(__file__).resolve().parents[1]
    unused = shutil.ignore_patterns(".git", ".venv", "cache", "tmp", "*_cache", "__pycache__")
    shutil.copytree(root, target, ignore=unused)
    cache = subprocess.run([*DVC, "cache", "dir"], cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run([*DVC, "cache", "dir", "--local", cache], cwd=target, check=True)
    return len(yaml.safe_load((target / "dvc.yaml").read_text(encoding="utf-8"))["stages"])


def trivial(target: Path, count: int) -> None:
    """A chain of ``count`` stages, each of which copies the file of the one before."""
    target.mkdir()
    (target / "out0").write_text("0\n")
    stages = {
        f"stage{i}": {"cmd": f"cp out{i} out{i + 1}", "deps": [f"out{i}"], "outs": [f"out{i + 1}"]}
        for i in range(count)
    }
    (target / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")


def seconds_of(command: str, folder: Path, environment: dict[str, str]) -> float:
    """How long a DVC command takes that has nothing to do."""
    start = time.perf_counter()
    done = subprocess.run([*DVC, *command.split()], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode or "Running stage" in done.stdout:
        sys.exit(f"error: {folder.name}: there is something to do\n{done.stderr}  -> `make run` first, then measure")
    return time.perf_counter() - start


def main() -> None:
    """Print the fastest of each in seconds, and their ratio, as JSON."""
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = Path(name, "ours"), Path(name, "trivial")
        environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(Path(name, "index"))}
        count = copy_of_this(ours)
        trivial(theirs, count)
        for folder in (ours, theirs):
            subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        for command in ("init --quiet", "repro --quiet"):
            subprocess.run([*DVC, *command.split()], cwd=theirs, env=environment, check=True)
        seconds: dict[Path, list[float]] = {ours: [], theirs: []}
        for folder in seconds:
            seconds_of("repro --dry", folder, environment)  # also lets DVC hash the copy
        for _ in range(ROUNDS):
            for folder, taken in seconds.items():
                taken.append(seconds_of("repro", folder, environment))
    fastest = {folder.name: min(times) for folder, times in seconds.items()}  # what disturbs a timing only adds to it
    result = {
        "stages": count,
        "noop_repro_seconds": round(fastest["ours"], 3),
        "trivial_repro_seconds": round(fastest["trivial"], 3),
        "ratio": round(fastest["ours"] / fastest["trivial"], 2),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
