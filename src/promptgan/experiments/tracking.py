"""Training curves into a tracker: TensorBoard, MLflow or Weights & Biases, through accelerate, from beside the run.

No stage knows of it: a stage appends to its live curve, and this reads it. So a tracker that is chosen, changed or
missing changes no result and reruns nothing.
"""

import importlib.util
import json
import math
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from promptgan import base
from promptgan.experiments import live_curve
from promptgan.experiments.interrupts import interruptible
from promptgan.training.live import FOLDER as LIVE

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker  # type: ignore[import-untyped]

Name = Literal["tensorboard", "mlflow", "wandb"]
LOGS = Path("logs")
METRICS = Path("metrics")
STAGES = ("pretrain", "train", "control")
"""Those that write a live curve, in the order in which they run."""
POLL_SECONDS = 1.0
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_SILENT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
"""Nothing is sent anywhere, and no tracker talks into the terminal."""

Curves = dict[str, list[dict[str, float]]]
"""The rows of each stage's live curve, by step; each holds `step` and `time` (seconds since 1970)."""


class TrackerMissing(base.PromptganError):
    """A tracker's package is not installed."""


class NothingToTrack(base.PromptganError):
    """No training has written a live curve here."""


@dataclass
class Session:
    """A run of a tracker, and what it was given."""

    tracker: "GeneralTracker"
    name: Name
    given: dict[str, set[float]]
    """Steps of each stage."""
    began: dict[str, float]
    """When each stage's training began."""

    def began_anew(self, curves: Curves) -> bool:
        """Whether these are the curves of a later training."""
        return any(self.began.get(stage, rows[0]["time"]) != rows[0]["time"] for stage, rows in curves.items())

    def give(self, curves: Curves) -> int:
        """Pass on the rows that are new; how many those were."""
        count = 0
        for stage, rows in curves.items():
            self.began.setdefault(stage, rows[0]["time"])
            given = self.given.setdefault(stage, set())
            for row in rows:
                if row["step"] not in given:
                    given.add(row["step"])
                    self._log(stage, row)
                    count += 1
        return count

    def finish(self, metrics: dict[str, float]) -> None:
        """Pass on the final metrics and close."""
        if metrics and self.name == "wandb":
            self.tracker.tracker.summary.update(metrics)  # a chart of one point would say less
        elif metrics:
            self.tracker.log(metrics, step=0)
        self.tracker.finish()

    def _log(self, stage: str, row: dict[str, float]) -> None:
        values = {f"{stage}/{key}": value for key, value in row.items() if key not in ("step", "time")}
        step, moment = int(row["step"]), row["time"]
        if self.name == "tensorboard":
            self.tracker.log(values, step=step, walltime=moment)
        elif self.name == "mlflow":
            # MLflow keeps no infinite or missing numbers in every store
            finite = {key: value for key, value in values.items() if math.isfinite(value)}
            self.tracker.log(finite, step=step, timestamp=round(1000 * moment))
        else:  # its own step must never fall, and each stage counts from zero: the step is a column, set as the x axis
            self.tracker.log({**values, f"{stage}/step": step})


def track(name: Name, follow: bool = False) -> tuple[int, Path]:
    """Give a tracker the curves of the newest training, its parameters and its metrics.

    Args:
        name: the tracker.
        follow: go on with what is added until interrupted. A training that begins anew gets a run of its own. At the
            end only those metrics are passed on that were written meanwhile.

    Returns:
        How many rows were passed on, and where the tracker keeps them.

    Raises:
        TrackerMissing: its package, or accelerate, is not installed.
        NothingToTrack: there is no curve, and ``follow`` is not set.
    """
    _require(name)
    folder = Path(os.environ.get(LIVE) or ".dvc/tmp/live")
    curves = read(folder)
    if not curves and not follow:
        raise NothingToTrack(f"{folder} holds no curve", "run `make train` first, or add --follow and run it meanwhile")
    since = time.time() if follow else 0.0
    session, count = None, 0
    try:
        with interruptible():
            while True:
                if session and session.began_anew(curves):
                    session.finish({})
                    session = None
                if curves:
                    session = session or _start(name, curves)
                    count += session.give(curves)
                if not follow:
                    break
                time.sleep(POLL_SECONDS)
                curves = read(folder)
    except KeyboardInterrupt:
        pass
    if session:
        session.finish(dict(final_metrics(since)))
    return count, where(name)


def read(folder: Path) -> Curves:
    """The live curves of the newest training, in the order of the stages.

    Of equal steps the last row counts: a training that was resumed repeats some. A curve that began before that of an
    earlier stage belongs to an older training and is left out.
    """
    curves: Curves = {}
    for stage in STAGES:
        ordered = live_curve.rows(folder / f"{stage}.jsonl")
        if ordered and all(ordered[0]["time"] >= earlier[0]["time"] for earlier in curves.values()):
            curves[stage] = ordered
    return curves


def final_metrics(since: float = 0.0) -> Iterator[tuple[str, float]]:
    """Every number of metrics/*.json with the name of the file before its dotted key.

    Args:
        since: leave out files that were written before this time, in seconds since 1970.
    """
    for path in sorted(METRICS.glob("*.json")):
        if path.stat().st_mtime >= since:
            for key, value in _flat(json.loads(path.read_text(encoding="utf-8"))):
                if isinstance(value, int | float) and math.isfinite(value):
                    yield f"final/{path.stem}.{key}", float(value)


def where(name: Name) -> Path:
    """Where a tracker keeps its runs."""
    return LOGS / {"tensorboard": "tensorboard", "mlflow": "mlflow.db", "wandb": "wandb"}[name]


def _start(name: Name, curves: Curves) -> Session:
    from accelerate import PartialState, tracking  # type: ignore[import-untyped]

    PartialState(cpu=True)  # what accelerate's logger wants to be there
    parameters = {key: _plain(value) for key, value in _flat(base.load_params())}
    began = max(rows[0]["time"] for rows in curves.values())
    title = f"{parameters['recipe']}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(began))}"
    LOGS.mkdir(exist_ok=True)
    tracker: GeneralTracker
    if name == "tensorboard":
        shutil.rmtree(where(name) / title, ignore_errors=True)  # what an earlier call wrote about the same training
        tracker = tracking.TensorBoardTracker(title, logging_dir=where(name))
    elif name == "mlflow":
        import mlflow

        mlflow.set_tracking_uri(f"sqlite:///{where(name).resolve()}")
        tracker = tracking.MLflowTracker("promptgan", logging_dir=str((LOGS / "mlflow").resolve()), run_name=title)
    else:
        import wandb

        settings = wandb.Settings(x_disable_stats=True, x_disable_meta=True, save_code=False, console="off")
        tracker = tracking.WandBTracker("promptgan", name=title, mode="offline", dir=str(LOGS), settings=settings)
    tracker.start()
    tracker.store_init_configuration(parameters)
    if name == "wandb":
        for stage in STAGES:
            tracker.tracker.define_metric(f"{stage}/*", step_metric=f"{stage}/step")
    return Session(tracker, name, {}, {})


def _require(name: Name) -> None:
    os.environ.update({key: os.environ.get(key, value) for key, value in QUIET.items()})
    for package in ("accelerate", name):
        if importlib.util.find_spec(package) is None:
            raise TrackerMissing(f"the package {package} is not installed", "run `make tools`, once")


def _plain(value: object) -> bool | int | float | str:
    return value if isinstance(value, bool | int | float | str) else json.dumps(value, ensure_ascii=False)


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
