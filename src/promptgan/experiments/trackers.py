"""One run of a tracker, TensorBoard's, MLflow's or Weights & Biases', and what it is given; through accelerate."""

import json
import math
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from promptgan.lineage.tools import tool

if TYPE_CHECKING:
    from accelerate.tracking import GeneralTracker  # type: ignore[import-untyped]

Name = Literal["tensorboard", "mlflow", "wandb"]
LOGS = Path("logs")
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_SILENT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
"""Nothing is sent anywhere, and no tracker talks into the terminal."""


@dataclass
class Session:
    """A run of a tracker."""

    tracker: "GeneralTracker"
    name: Name
    given: dict[str, set[float]] = field(default_factory=dict)
    """Steps of each stage that were passed on."""

    def give(self, curves: Mapping[str, Iterable[Mapping[str, float]]]) -> int:
        """Pass on the rows that are new; how many those were.

        Args:
            curves: by stage. A row holds `step`, and where it is known `time` in seconds since 1970.
        """
        count = 0
        for stage, rows in curves.items():
            given = self.given.setdefault(stage, set())
            for row in (row for row in rows if row["step"] not in given):
                given.add(row["step"])
                self._log(stage, row)
                count += 1
        return count

    def note(self, facts: Mapping[str, str | bool]) -> None:
        """Add facts to a run that has begun, beside its parameters."""
        if self.name == "tensorboard":
            for key, value in facts.items():
                self.tracker.tracker.add_text(key, str(value))
        elif facts:
            self.tracker.store_init_configuration(dict(facts))

    def finish(self, metrics: Mapping[str, float]) -> None:
        """Pass on the final metrics and close."""
        final = {f"final/{key}": value for key, value in metrics.items()}
        if final and self.name == "wandb":
            self.tracker.tracker.summary.update(final)  # a chart of one point would say less
        elif final:
            self.tracker.log(final, step=0)
        self.tracker.finish()

    def _log(self, stage: str, row: Mapping[str, float]) -> None:
        values = {f"{stage}/{key}": value for key, value in row.items() if key not in ("step", "time")}
        step, moment = int(row["step"]), row.get("time")
        if self.name == "tensorboard":
            self.tracker.log(values, step=step, walltime=moment)
        elif self.name == "mlflow":
            # MLflow keeps no infinite or missing numbers in every store
            finite = {key: value for key, value in values.items() if math.isfinite(value)}
            self.tracker.log(finite, step=step, timestamp=None if moment is None else round(1000 * moment))
        else:  # its own step must never fall, and each stage counts from zero: the step is a column, set as the x axis
            self.tracker.log({**values, f"{stage}/step": step})


def start(name: Name, title: str, parameters: Mapping[str, Any], stages: Iterable[str]) -> Session:
    """Begin a run.

    Args:
        name: the tracker.
        title: of the run; TensorBoard's run with the same title is replaced.
        parameters: what the run was made with, and what names it.
        stages: those that may have a curve.
    """
    from accelerate import PartialState, tracking  # type: ignore[import-untyped]

    PartialState(cpu=True)  # what accelerate's logger wants to be there
    LOGS.mkdir(exist_ok=True)
    tracker: GeneralTracker
    if name == "tensorboard":
        shutil.rmtree(where(name) / title, ignore_errors=True)
        tracker = tracking.TensorBoardTracker(title, logging_dir=where(name))
    elif name == "mlflow":
        tool(name, name).set_tracking_uri(f"sqlite:///{where(name).resolve()}")
        tracker = tracking.MLflowTracker("promptgan", logging_dir=str((LOGS / "mlflow").resolve()), run_name=title)
    else:
        quiet = {"x_disable_stats": True, "x_disable_meta": True, "save_code": False, "console": "off"}
        settings = tool(name, name).Settings(**quiet)
        tracker = tracking.WandBTracker("promptgan", name=title, mode="offline", dir=str(LOGS), settings=settings)
    tracker.start()
    plain = bool | int | float | str
    tracker.store_init_configuration(
        {k: v if isinstance(v, plain) else json.dumps(v, ensure_ascii=False) for k, v in parameters.items()}
    )
    if name == "wandb":
        for stage in stages:
            tracker.tracker.define_metric(f"{stage}/*", step_metric=f"{stage}/step")
    return Session(tracker, name)


def where(name: Name) -> Path:
    """Where a tracker keeps its runs."""
    return LOGS / {"tensorboard": "tensorboard", "mlflow": "mlflow.db", "wandb": "wandb"}[name]


def require(name: Name) -> None:
    """Hold a tracker to silence, and see that it is there.

    Raises:
        ToolMissing: its package, or accelerate, is not installed.
    """
    os.environ.update({key: os.environ.get(key, value) for key, value in QUIET.items()})
    for package in ("accelerate", name):
        tool(package, package)
