"""What each tracker wrote, read back; no network."""

import hashlib
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

from promptgan.experiments import finished, tracking
from tests import warm
from tests.experiments.conftest import call, run, set_parameter

ROOT = Path(__file__).parents[2]
TRACK = [sys.executable, "-c", "from promptgan.cli import main; main()", "track"]
RATE = "train.players.generator.learning_rate"
OLD, NEW, NEWER = (f"      learning_rate: {rate}\n" for rate in ("0.0006", "0.1", "0.2"))
LIVE = Path(".dvc/tmp/live")
Values = dict[str, dict[int, float]]
"""Name of a curve, step, value."""


@pytest.fixture(autouse=True)
def repository(quick: Path) -> Path:
    """A folder in which a run has finished and is committed."""
    return quick


def add(stage: str, step: int, **values: float) -> None:
    LIVE.mkdir(parents=True, exist_ok=True)
    with (LIVE / f"{stage}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"time": round(time.time(), 3), "step": step, **values}) + "\n")


def offline() -> list[str]:
    """A prefix that leaves a command without network, where the system lets a user have that."""
    prefix = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        return []
    return prefix


def start(*command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
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
        texts = [e.tensor_proto.string_val[0].decode() for tag in events.Tags()["tensors"] for e in events.Tensors(tag)]
        (held,) = (path.read_text(encoding="utf-8") for path in folder.glob("*/hparams.yml"))
        parameters.append("\n".join([held, *texts]))
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
    done = subprocess.run([*TRACK[:2], program], capture_output=True, text=True, check=True)
    runs = json.loads(done.stdout)
    return [{k: {int(s): v for s, v in c.items()} for k, c in curves.items()} for curves, _ in runs], [
        json.dumps(parameters) for _, parameters in runs
    ]


def in_wandb() -> tuple[list[Values], list[str]]:
    from wandb.proto.wandb_internal_pb2 import Record

    runs, parameters = [], []
    for path in sorted(Path("logs/wandb").glob("offline-run-*/*.wandb")):
        curves: Values = {}
        said: list[str] = []
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
            said += [f"{item.key}: {item.value_json}" for item in record.config.update]
        runs.append(curves)
        parameters.append("\n".join(said))
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
def test_a_tracker_holds_the_curves_the_parameters_and_the_metrics_of_the_run_in_dvc_lock(name: str) -> None:
    set_parameter(OLD, NEW)  # of a next run
    for stage in ("pretrain", "train"):  # of an experiment that was reverted
        (LIVE / f"{stage}.jsonl").unlink()
        add(stage, 0, score=0.9, val_loss=1.0)
    with start(*offline(), *TRACK, name) as process:
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert said == f"4 validations are in {tracking.where(name)}\n"  # type: ignore[arg-type]
    (run,), (parameters,) = READERS[name]()
    assert run["train/score"] == pytest.approx({0: 0.123457, 25: 0.7106})
    assert run["pretrain/val_loss"] == pytest.approx({0: 9.0, 225: 1.004})
    final = {key: value[0] for key, value in run.items() if key.startswith("final/")}
    assert final["final/train.score"] == pytest.approx(0.7106)
    assert final["final/evaluation.systems.adversarial.nll"] == pytest.approx(5 - 0.7106)
    for fact in ("0.0006", "text-gumbel", call("git", "rev-parse", "HEAD").strip(), digest()):
        assert fact in parameters


@pytest.mark.slow
@pytest.mark.parametrize("name", list(READERS))
def test_following_passes_on_each_training_that_begins_with_its_own_parameters_and_metrics(name: str) -> None:
    with start(str(warm.python()), *TRACK[1:], name, "--follow") as process:
        try:
            assert process.stdout
            assert process.stdout.readline().startswith("following ")
            set_parameter(OLD, NEW)
            call("dvc", "repro", "--quiet", "train")
            locked = digest()
            wait(lambda: given(name) >= 2)
            set_parameter(NEW, NEWER)
            (LIVE / "train.jsonl").unlink()
            add("train", 0, score=0.5)
            wait(lambda: given(name) >= 3)
            add("train", 25, score=0.6)
            wait(lambda: given(name) >= 4)
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 0, said
    runs, parameters = READERS[name]()
    (first, held), (second, other) = sorted(
        zip(runs, parameters, strict=True), key=lambda run: run[0]["train/score"][0]
    )
    assert first["train/score"] == pytest.approx({0: 0.123456789, 25: 0.81})
    assert second["train/score"] == pytest.approx({0: 0.5, 25: 0.6})
    assert not [key for key in [*first, *second] if key.startswith("pretrain")], "an older training was passed on"
    assert {key: value[0] for key, value in first.items() if "final" in key} == pytest.approx(
        {"final/train.score": 0.81, "final/train.kept.loss": 4.0}
    )
    assert not [key for key in second if "final" in key], "a training that has not ended has metrics"
    assert "learning_rate" in held and "0.1" in held and locked in held and "0.2" in other
    assert locked not in other


def digest() -> str:
    return hashlib.sha256(Path("dvc.lock").read_bytes()).hexdigest()


def given(name: str) -> int:
    """How many validations a tracker that is being fed has so far."""
    if name == "mlflow":
        with suppress(sqlite3.Error), closing(sqlite3.connect(tracking.where("mlflow"))) as there:
            counted = "select count(*) from metrics where key in ('train/score', 'pretrain/val_loss')"
            return int(there.execute(counted).fetchone()[0])
        return 0
    with suppress(OSError, ValueError):
        runs, _ = READERS[name]()
        return sum(len(run.get("train/score", {})) + len(run.get("pretrain/val_loss", {})) for run in runs)
    return 0


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.3)


def test_a_run_that_was_pulled_needs_no_live_curve() -> None:
    shutil.rmtree(LIVE)
    run = finished.read()
    assert list(run.curves) == ["pretrain", "train"]
    assert run.identity == {
        "git.commit": call("git", "rev-parse", "HEAD").strip(),
        "git.dirty": False,
        "recipe": "text-gumbel",
        "dvc_lock.sha256": digest(),
    }


def test_an_applied_experiment_is_named() -> None:
    call("dvc", "exp", "run", "--quiet", "--name", "tried", "--set-param", f"{RATE}=0.1")
    run = finished.read()
    assert (run.identity["experiment"], run.identity["git.dirty"]) == ("tried", True)
    assert run.parameters[RATE] == 0.1


def test_a_file_that_is_not_of_the_run_is_refused() -> None:
    Path("metrics/train.json").write_text('{"score": 0.9}\n', encoding="utf-8")
    Path("plots/pretrain.csv").unlink()
    said = run("track", "tensorboard", code=1).stderr
    assert "metrics/train.json is not the one that dvc.lock names" in said
    assert "plots/pretrain.csv is not there" in said
    assert not Path("logs").exists()


def test_a_half_finished_run_is_refused() -> None:
    set_parameter(OLD, NEW)
    call("dvc", "repro", "--quiet", "train")
    said = run("track", "tensorboard", code=1).stderr
    assert "  evaluate used a models/adversarial that was made anew since\n  -> finish it with `make run`" in said


def test_without_a_run_there_is_nothing_to_track() -> None:
    Path("dvc.lock").unlink()
    assert "error: dvc.lock cannot be read" in run("track", "tensorboard", code=1).stderr


@pytest.mark.parametrize("package", ["accelerate", "mlflow"])
def test_without_a_package_the_remedy_is_said(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert f"the package {package} cannot be imported" in run("track", "mlflow", code=1).stderr


def curve(*times: float) -> list[dict[str, float]]:
    return [{"time": time, "step": float(step)} for step, time in enumerate(times)]


def test_a_curve_that_was_there_is_new_once_it_grows_or_begins_anew() -> None:
    old = {"pretrain": curve(1), "train": curve(5, 6), "control": curve(9)}
    now = {"pretrain": curve(1), "train": curve(5, 6, 7), "control": curve(20)}
    assert list(tracking.changed(now, old)) == ["train", "control"]
    assert not tracking.changed(now, now)
