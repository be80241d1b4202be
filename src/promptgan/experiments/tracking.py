"""What TensorBoard, MLflow or Weights & Biases is told: the run that dvc.lock describes, or trainings that begin.

No stage knows of it: a stage appends to its live curve, and this reads it. So a tracker that is chosen, changed or
missing changes no result and reruns nothing. What feeds them is accelerate.
"""

import json
import math
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from promptgan.core.flat import flat
from promptgan.core.parameters import ParameterError, load_params
from promptgan.experiments import finished
from promptgan.experiments.finished import TRAININGS
from promptgan.experiments.runner import interruptible, live_rows
from promptgan.lineage.tools import tool
from promptgan.training.loop.live import FOLDER as LIVE

Name = Literal["tensorboard", "mlflow", "wandb"]
LOGS = Path("logs")
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_SILENT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
"""Nothing is sent anywhere, and no tracker talks into the terminal."""
POLL_SECONDS = 1.0
DIGITS = 8
"""Of the sha256 of dvc.lock, in the name of a run."""

Curves = dict[str, list[dict[str, float]]]
"""The rows of each stage's curve, by step. A row holds `step`, and where it is known `time` in seconds since 1970."""


def track(name: Name) -> int:
    """Give a tracker the run that lies here: its curves, parameters, metrics, and what names it.

    Returns:
        How many rows of curves it got.

    Raises:
        ToolMissing: its package, or accelerate, is not installed.
        LockUnreadable, NothingFinished: there is no run here.
        MixedRun: the files here are not all of one run.
    """
    _require(name)
    run = finished.read()
    title = f"{run.identity['recipe']}-{str(run.identity['dvc_lock.sha256'])[:DIGITS]}"
    session = _Session(name, title, {**run.parameters, **run.identity})
    count = session.give(run.curves)
    session.finish(run.metrics)
    return count


def follow(name: Name) -> int:
    """Give a tracker the trainings of this workspace that begin from now on, or that are growing, until interrupted.

    A training that begins anew gets a run of its own. A run gets the parameters that params.yaml held when its training
    was first seen, and of the metrics only those of that training. Prints a line when it begins to look.

    Returns:
        How many rows of curves it got.

    Raises:
        ToolMissing: its package, or accelerate, is not installed.
    """
    _require(name)
    folder = Path(os.environ.get(LIVE) or ".dvc/tmp/live")
    old = _read(folder)
    print(f"following {folder}: trainings that begin from now on; Ctrl-C ends it", flush=True)
    training: _Training | None = None
    count = 0
    with suppress(KeyboardInterrupt), interruptible():
        while True:
            curves = changed(_read(folder), old)
            if training and training.replaced_by(curves):
                training.end()
                old |= training.curves
                curves, training = changed(curves, old), None
            if curves:
                training = training or _Training(name, curves)
                training.curves |= curves
                count += training.give(curves)
            time.sleep(POLL_SECONDS)
    if training:
        training.end()
    return count


def where(name: Name) -> Path:
    """Where a tracker keeps its runs."""
    return LOGS / {"tensorboard": "tensorboard", "mlflow": "mlflow.db", "wandb": "wandb"}[name]


def changed(curves: Curves, old: Curves) -> Curves:
    """The curves that have begun or grown since."""
    return {stage: rows for stage, rows in curves.items() if rows != old.get(stage)}


class _Session:
    """A run of a tracker, with a title (TensorBoard's with the same one is replaced) and facts about it."""

    def __init__(self, name: Name, title: str, facts: Mapping[str, Any]) -> None:
        from accelerate import PartialState, tracking  # type: ignore[import-untyped]

        self.name, self._given = name, set[tuple[str, float]]()
        PartialState(cpu=True)  # what accelerate's logger wants to be there
        LOGS.mkdir(exist_ok=True)
        if name == "tensorboard":
            shutil.rmtree(where(name) / title, ignore_errors=True)
            self.tracker = tracking.TensorBoardTracker(title, logging_dir=where(name))
        elif name == "mlflow":
            tool(name, "track").set_tracking_uri(f"sqlite:///{where(name).resolve()}")
            folder = str((LOGS / name).resolve())
            self.tracker = tracking.MLflowTracker("promptgan", logging_dir=folder, run_name=title)
        else:
            quiet = {"x_disable_stats": True, "x_disable_meta": True, "save_code": False, "console": "off"}
            options = {"mode": "offline", "dir": str(LOGS), "settings": tool(name, "track").Settings(**quiet)}
            self.tracker = tracking.WandBTracker("promptgan", name=title, **options)
        self.tracker.start()
        plain = bool | int | float | str
        self.tracker.store_init_configuration(
            {k: v if isinstance(v, plain) else json.dumps(v, ensure_ascii=False) for k, v in facts.items()}
        )
        for stage in TRAININGS if name == "wandb" else ():
            self.tracker.tracker.define_metric(f"{stage}/*", step_metric=f"{stage}/step")

    def give(self, curves: Curves) -> int:
        """Pass on the rows that are new; how many those were."""
        rows = {(stage, row["step"]): row for stage, each in curves.items() for row in each}
        new = rows.keys() - self._given
        for stage, step in (key for key in rows if key in new):
            self._log(stage, int(step), rows[stage, step])
        self._given |= new
        return len(new)

    def finish(self, metrics: Mapping[str, float]) -> None:
        """Pass on the final metrics and close."""
        final = {f"final/{key}": value for key, value in metrics.items()}
        if final and self.name == "wandb":
            self.tracker.tracker.summary.update(final)  # a chart of one point would say less
        elif final:
            self.tracker.log(final, step=0)
        self.tracker.finish()

    def _log(self, stage: str, step: int, row: Mapping[str, float]) -> None:
        values = {f"{stage}/{key}": value for key, value in row.items() if key not in ("step", "time")}
        moment = row.get("time")
        if self.name == "tensorboard":
            self.tracker.log(values, step=step, walltime=moment)
        elif self.name == "mlflow":
            # MLflow keeps no infinite or missing numbers in every store
            finite = {key: value for key, value in values.items() if math.isfinite(value)}
            self.tracker.log(finite, step=step, timestamp=None if moment is None else round(1000 * moment))
        else:  # its own step must never fall, and each stage counts from zero: the step is a column, set as the x axis
            self.tracker.log({**values, f"{stage}/step": step})


class _Training(_Session):
    """A training that is followed: stages one after the other, all with the same parameters."""

    def __init__(self, name: Name, curves: Curves) -> None:
        self.parameters, self.curves = _parameters(), curves
        recipe = self.parameters.get("recipe", "unknown-parameters")
        began = datetime.fromtimestamp(min(rows[0]["time"] for rows in curves.values()), UTC)
        moment = f"{began:%Y%m%d-%H%M%S}-{began.microsecond // 1000:03}"  # two may begin in one second
        facts = {**dict(flat(self.parameters)), **finished.of_git(), "recipe": recipe}
        super().__init__(name, f"{recipe}-{moment}", facts)

    def replaced_by(self, curves: Curves) -> bool:
        """Whether a stage has begun anew, an earlier one has begun, or one with other parameters."""
        new = curves.keys() - self.curves.keys()
        if any(curves[stage][0]["time"] != self.curves[stage][0]["time"] for stage in curves.keys() - new):
            return True
        latest = max(map(TRAININGS.index, self.curves))
        return any(TRAININGS.index(stage) < latest for stage in new) or bool(new and _parameters() != self.parameters)

    def end(self) -> None:
        """Pass on the metrics that it came to, with the dvc.lock that has them, and close."""
        metrics = finished.numbers(finished.measured(self.parameters, of=self.curves))
        facts = finished.of_lock() if metrics else {}
        if self.name == "tensorboard":
            for key, value in facts.items():
                self.tracker.tracker.add_text(key, str(value))
        elif facts:
            self.tracker.store_init_configuration(facts)
        self.finish(metrics)


def _require(name: Name) -> None:
    """Hold a tracker to silence, and see that it and accelerate are there."""
    os.environ.update({**QUIET, **os.environ})
    for package in ("accelerate", name):
        tool(package, "track")


def _read(folder: Path) -> Curves:
    """The live curves that are there, in the order of the stages."""
    found = {stage: live_rows(folder, stage) for stage in TRAININGS}
    return {stage: rows for stage, rows in found.items() if rows}


def _parameters() -> dict[str, Any]:
    """What params.yaml holds; nothing while it is being written."""
    with suppress(ParameterError):
        return load_params()
    return {}
