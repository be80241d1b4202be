"""A repository whose stages take no time: real DVC and Git, and numbers that follow from the parameters."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from promptgan.cli import app
from tests import warm
from tests.conftest import Shared

STAGE = """
import csv, json, os, pathlib, sys, time, yaml
stage = sys.argv[1]
parameters = yaml.safe_load(open("params.yaml"))
rate = parameters["train"]["players"]["generator"]["learning_rate"]
systems = {"ms_jaccard": 0.1, "relevance": 0.6, "bleu_4": 0.2, "self_bleu_4": 0.3}

def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

def curve(rows):
    live = "".join(json.dumps({"time": round(time.time(), 3), **row}) + "\\n" for row in rows)
    write(pathlib.Path(os.environ.get("PROMPTGAN_LIVE") or ".dvc/tmp/live") / f"{stage}.jsonl", live)
    lines = [list(rows[0]), *([f"{v:.6g}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows)]
    write(f"plots/{stage}.csv", "".join(",".join(line) + "\\n" for line in lines))

def metrics(values):
    write("metrics/" + {"evaluate": "evaluation"}.get(stage, stage) + ".json", json.dumps(values))

if stage == "download":
    write("data/raw/content", parameters["data"].get("sha256", parameters["data"]["name"]))
if stage == "pretrain":
    nll = parameters["pretrain"]["learning_rate"] + parameters["seed"]
    curve([{"step": 0, "val_loss": 9.0}, {"step": 225, "val_loss": nll}])
    metrics({"val_loss": nll})
    write("models/pretrained/weights", str(nll))
if stage == "train":
    score = 1 - abs(rate - 0.3) + parameters["seed"] / 100
    curve([{"step": 0, "score": 0.123456789}, {"step": 25, "score": score}])
    metrics({"score": score, "stopped": "limit", "kept": {"loss": 4.0}})
    write("models/adversarial/weights", str(score))
if stage == "evaluate":
    score, nll = (float(open(f"models/{name}/weights").read()) for name in ("adversarial", "pretrained"))
    measured = {"adversarial": {**systems, "nll": 5 - score}, "twin": {**systems, "nll": nll}}
    signature = ["measured: " + open("data/raw/content").read()]
    metrics({"task": "text", "systems": measured, "signature": signature})
"""
METRICS = {"evaluate": "evaluation"}


def _stage(
    name: str, parameters: list[str], needed: list[str], made: list[str], plots: bool = False
) -> dict[str, object]:
    return {
        "cmd": f"exec python stage.py {name}",
        "params": parameters,
        "deps": ["stage.py", *needed],
        "outs": made,
        **({"metrics": [{f"metrics/{METRICS.get(name, name)}.json": {"cache": False}}]} if name != "download" else {}),
        **({"plots": [{f"plots/{name}.csv": {"cache": False}}]} if plots else {}),
    }


PIPELINE = {
    "stages": {
        "download": _stage("download", ["data"], [], ["data/raw"]),
        "pretrain": _stage("pretrain", ["seed", "pretrain"], ["data/raw"], ["models/pretrained"], plots=True),
        "train": _stage("train", ["seed", "train"], ["models/pretrained"], ["models/adversarial"], plots=True),
        "evaluate": _stage("evaluate", [], ["data/raw", "models/pretrained", "models/adversarial"], []),
    }
}
IDENTITY = {f"GIT_{who}_{what}": "test@e.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def repository_with(folder: Path, parameters: Path, stage: str, pipeline: dict[str, Any], *commands: str) -> Path:
    """A committed Git and DVC repository of a parameter file and a stage; DVC runs the commands before the commit."""
    folder.mkdir()
    shutil.copy(parameters, folder)
    (folder / "stage.py").write_text(stage, encoding="utf-8")
    (folder / "dvc.yaml").write_text(yaml.safe_dump(pipeline), encoding="utf-8")
    (folder / ".gitignore").write_text("/data/raw\n/models/*\n/logs\n", encoding="utf-8")
    dvc = (f"{warm.python()} -m dvc {command} -q" for command in ("init", *commands))
    environment = {**os.environ, **IDENTITY, "PATH": warm.path(), "DVC_NO_ANALYTICS": "1"}
    for line in ("git init -q", *dvc, "git add -A", "git commit -qm start"):
        subprocess.run(line.split(), check=True, cwd=folder, env=environment)
    return folder


def at_work_in_copy(source: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a repository, the current folder."""
    settings = {"DVC_SITE_CACHE_DIR": str(scratch / "site"), "DVC_NO_ANALYTICS": "1", "HOME": str(scratch)}
    for key, value in {**IDENTITY, **settings}.items():
        monkeypatch.setenv(key, value)
    folder = scratch / "repository"
    shutil.copytree(source, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def committed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, default_parameters: Path
) -> Path:
    """A repository of the STAGE and the PIPELINE of a module of tests, in which nothing has run."""
    folder, module = tmp_path_factory.mktemp("committed") / "repository", request.module
    return repository_with(folder, default_parameters, module.STAGE, module.PIPELINE)


@pytest.fixture
def repository(committed: Path, warmed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work in, the current folder."""
    return at_work_in_copy(committed, tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def quick_source(shared: Shared, default_parameters: Path) -> Path:
    """The repository, run and committed; to be read only."""

    def run(folder: Path) -> None:
        repository_with(folder / "repository", default_parameters, STAGE, PIPELINE, "repro")

    return shared("quick", run) / "repository"


@pytest.fixture
def quick(quick_source: Path, warmed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work in, the current folder."""
    return at_work_in_copy(quick_source, tmp_path, monkeypatch)


def call(*words: str) -> str:
    """Run a program here; what it said. DVC is that of the tests' interpreter."""
    command = [sys.executable, "-m", *words] if words[0] == "dvc" else list(words)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}"
    return done.stdout


def run(*arguments: str, code: int = 0) -> Result:
    """Run a command of promptgan here."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def set_parameter(old: str, new: str) -> None:
    """Change params.yaml as an editor would."""
    path = Path("params.yaml")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
