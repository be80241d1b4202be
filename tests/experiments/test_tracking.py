"""What each tracker wrote, read back; no network."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promptgan import base
from promptgan.cli import app
from promptgan.experiments import tracking

ROOT = Path(__file__).parents[2]
TRACK = [sys.executable, "-c", "from promptgan.cli import main; main()", "track"]
BEGAN = 1_700_000_000.0
RATE = "train.learning_rate"
Values = dict[str, dict[int, float]]
"""Name of a curve, step, value."""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_parameters: Path) -> Path:
    """A folder in which a training has run: a curve that was resumed, an older one, and metrics."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(default_parameters, tmp_path)
    Path("metrics").mkdir()
    base.write_json(Path("metrics/train.json"), {"score": 0.3, "stopped": "limit", "text": {"twin": {"nll": 4.0}}})
    for number, (step, score) in enumerate([(0, 0.1), (25, 0.9), (25, 0.2), (50, 0.3)]):
        add("train", number, step, score=score)
    for step in (0, 225):
        add("pretrain", step - 1000, step, val_nll=9.0 - step / 100)
    add("control", -5000, 0, val_nll=1.0)
    return tmp_path


def add(stage: str, seconds: float, step: int, **values: float) -> None:
    folder = Path(".dvc/tmp/live")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{stage}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"time": BEGAN + seconds, "step": step, **values}) + "\n")


def offline() -> list[str]:
    """A prefix that leaves a command without network, where the system lets a user have that."""
    prefix = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        return []
    return prefix


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*offline(), *TRACK, *arguments],
        env={"PATH": os.defpath, "HOME": str(Path.cwd()), "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def in_tensorboard() -> tuple[list[Values], list[str]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    runs, parameters = [], []
    for folder in sorted(Path("logs/tensorboard").iterdir()):
        events = EventAccumulator(str(folder))
        events.Reload()
        runs.append({name: {e.step: e.value for e in events.Scalars(name)} for name in events.Tags()["scalars"]})
        parameters += [path.read_text(encoding="utf-8") for path in folder.glob("*/hparams.yml")]
    return runs, parameters


def in_mlflow() -> tuple[list[Values], list[str]]:
    program = """
import json
from mlflow import MlflowClient
client = MlflowClient("sqlite:///logs/mlflow.db")
(experiment,) = client.search_experiments(filter_string="name = 'promptgan'")
found = []
for run in client.search_runs([experiment.experiment_id]):
    curves = {k: {m.step: m.value for m in client.get_metric_history(run.info.run_id, k)} for k in run.data.metrics}
    found.append([curves, run.data.params])
print(json.dumps(found))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    runs = json.loads(done.stdout)
    return [{k: {int(s): v for s, v in c.items()} for k, c in curves.items()} for curves, _ in runs], [
        json.dumps(parameters) for _, parameters in runs
    ]


def in_wandb() -> tuple[list[Values], list[str]]:
    from wandb.proto.wandb_internal_pb2 import Record

    runs, parameters = [], []
    for path in sorted(Path("logs/wandb").glob("offline-run-*/*.wandb")):
        curves: Values = {}
        for content in _records(path.read_bytes()):
            record = Record()
            record.ParseFromString(content)
            row = {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in record.history.item}
            for name, value in row.items():
                stage = name.partition("/")[0]
                if f"{stage}/step" in row and name != f"{stage}/step":
                    curves.setdefault(name, {})[row[f"{stage}/step"]] = value
            for item in record.summary.update:
                if item.key.startswith("final/"):
                    curves[item.key] = {0: json.loads(item.value_json)}
            parameters += [f"{item.key}: {item.value_json}" for item in record.config.update if item.key == RATE]
        runs.append(curves)
    return runs, parameters


def _records(content: bytes) -> Iterator[bytes]:
    # LevelDB's log format behind a header of seven bytes: blocks of 32 KiB, records cut at their ends.
    place, part = 7, b""
    while place + 7 <= len(content):
        if 32768 - place % 32768 < 7:
            place += 32768 - place % 32768
            continue
        size, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
        part += content[place + 7 : place + 7 + size]
        place += 7 + size
        if kind in (1, 4):  # a whole record, or the last piece of one
            yield part
            part = b""


READERS: dict[str, Callable[[], tuple[list[Values], list[str]]]] = {
    "tensorboard": in_tensorboard,
    "mlflow": in_mlflow,
    "wandb": in_wandb,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(READERS))
def test_a_tracker_holds_the_curves_the_parameters_and_the_metrics(name: str) -> None:
    with start(name) as process:
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert said == f"5 validations of the newest training are in {tracking.where(name)}\n"  # type: ignore[arg-type]
    (run,), (parameters,) = READERS[name]()
    assert run["train/score"] == pytest.approx({0: 0.1, 25: 0.2, 50: 0.3})
    assert run["pretrain/val_nll"] == pytest.approx({0: 9.0, 225: 6.75})
    assert not [key for key in run if key.startswith("control")]
    final = {key: value[0] for key, value in run.items() if key.startswith("final/")}
    assert final == pytest.approx({"final/train.score": 0.3, "final/train.text.twin.nll": 4.0})
    assert RATE in parameters
    assert "0.0002" in parameters


@pytest.mark.slow
@pytest.mark.parametrize("name", list(READERS))
def test_following_passes_on_what_is_added_and_begins_a_run_for_a_training_that_begins_anew(name: str) -> None:
    old = time.time() - 3600
    os.utime("metrics/train.json", (old, old))
    with start(name, "--follow") as process:
        try:
            wait(lambda: given(name) >= 5)
            add("train", 10, 75, score=0.4)
            wait(lambda: given(name) >= 6)
            Path(".dvc/tmp/live/train.jsonl").unlink()
            add("train", 2000, 0, score=0.5)
            wait(lambda: given(name) >= 9)
            base.write_json(Path("metrics/control.json"), {"val_nll": 3.0})
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 0, said
    runs, _ = READERS[name]()
    first, second = sorted(runs, key=lambda run: -len(run["train/score"]))
    assert first["train/score"] == pytest.approx({0: 0.1, 25: 0.2, 50: 0.3, 75: 0.4})
    assert second["train/score"] == pytest.approx({0: 0.5})
    assert second["pretrain/val_nll"] == pytest.approx({0: 9.0, 225: 6.75})
    assert {key: value[0] for key, value in second.items() if "final" in key} == {"final/control.val_nll": 3.0}


def given(name: str) -> int:
    """How many validations a tracker that is being fed has so far."""
    if name == "mlflow":
        with suppress(sqlite3.Error), closing(sqlite3.connect(tracking.where("mlflow"))) as there:
            counted = "select count(*) from metrics where key in ('train/score', 'pretrain/val_nll')"
            return int(there.execute(counted).fetchone()[0])
        return 0
    with suppress(OSError):
        runs, _ = READERS[name]()
        return sum(len(run.get("train/score", {})) + len(run.get("pretrain/val_nll", {})) for run in runs)
    return 0


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.3)


def test_without_a_curve_there_is_nothing_to_track() -> None:
    shutil.rmtree(".dvc")
    assert "error: .dvc/tmp/live holds no curve" in failure("tensorboard")
    assert not Path("logs").exists()


@pytest.mark.parametrize("package", ["accelerate", "mlflow"])
def test_without_a_package_the_remedy_is_said(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert f"the package {package} is not installed\n  -> run `make tools`, once" in failure("mlflow")


def failure(name: str) -> str:
    result = CliRunner().invoke(app, ["track", name])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    return result.stderr


def test_a_curve_older_than_that_of_an_earlier_stage_is_left_out() -> None:
    assert list(tracking.read(Path(".dvc/tmp/live"))) == ["pretrain", "train"]
    add("control", 60, 100, val_nll=1.0)
    assert list(tracking.read(Path(".dvc/tmp/live"))) == ["pretrain", "train"]
    Path(".dvc/tmp/live/control.jsonl").unlink()
    add("control", 60, 0, val_nll=1.0)
    assert list(tracking.read(Path(".dvc/tmp/live"))) == ["pretrain", "train", "control"]
