"""What a tracker is told: the finished run that dvc.lock describes, or the trainings that begin from now on.

No stage knows of it: a stage appends to its live curve, and this reads it. So a tracker that is chosen, changed or
missing changes no result and reruns nothing.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from promptgan.core.flat import flat
from promptgan.core.parameters import ParameterError, load_params
from promptgan.experiments import finished, trackers
from promptgan.experiments.runner import interruptible, live_rows
from promptgan.experiments.trackers import Name, Session
from promptgan.training.loop.live import FOLDER as LIVE

STAGES = ("pretrain", "train", "control")
"""Those that write a live curve, in the order in which they run."""
POLL_SECONDS = 1.0
DIGITS = 8
"""Of the sha256 of dvc.lock, in the name of a run."""

Curves = dict[str, list[dict[str, float]]]
"""The rows of each stage's curve, by step."""


def track(name: Name) -> int:
    """Give a tracker the run that lies here: its curves, parameters, metrics, and what names it.

    Returns:
        How many rows of curves it got.

    Raises:
        ToolMissing: its package, or accelerate, is not installed.
        LockUnreadable, NothingFinished: there is no run here.
        MixedRun: the files here are not all of one run.
    """
    trackers.require(name)
    run = finished.read(STAGES)
    title = f"{run.identity['recipe']}-{str(run.identity['dvc_lock.sha256'])[:DIGITS]}"
    session = trackers.start(name, title, {**run.parameters, **run.identity}, STAGES)
    count = session.give(run.curves)
    session.finish(run.metrics)
    return count


def follow(name: Name, say: Callable[[str], None] = print) -> int:
    """Give a tracker the trainings of this workspace that begin from now on, or that are growing, until interrupted.

    A training that begins anew gets a run of its own. A run gets the parameters that params.yaml held when its training
    was first seen, and of the metrics only those of that training.

    Args:
        name: the tracker.
        say: gets a line when it looks.

    Returns:
        How many rows of curves it got.

    Raises:
        ToolMissing: its package, or accelerate, is not installed.
    """
    trackers.require(name)
    folder = Path(os.environ.get(LIVE) or ".dvc/tmp/live")
    old = read(folder)
    say(f"following {folder}: trainings that begin from now on; Ctrl-C ends it")
    training: Training | None = None
    count = 0
    try:
        with interruptible():
            while True:
                curves = changed(read(folder), old)
                if training and training.replaced_by(curves):
                    training.finish()
                    old |= training.curves
                    curves, training = changed(curves, old), None
                if curves:
                    training = training or Training.begin(name, curves)
                    training.curves |= curves
                    count += training.session.give(curves)
                time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        pass
    if training:
        training.finish()
    return count


def read(folder: Path) -> Curves:
    """The live curves that are there, in the order of the stages."""
    found = {stage: live_rows(folder / f"{stage}.jsonl") for stage in STAGES}
    return {stage: rows for stage, rows in found.items() if rows}


def changed(curves: Curves, old: Curves) -> Curves:
    """The curves that have begun or grown since."""
    return {stage: rows for stage, rows in curves.items() if rows != old.get(stage)}


@dataclass
class Training:
    """A training that is followed: stages one after the other, all with the same parameters."""

    session: Session
    parameters: dict[str, Any]
    """Of params.yaml when it was first seen."""
    curves: Curves = field(default_factory=dict)

    @classmethod
    def begin(cls, name: Name, curves: Curves) -> "Training":
        """The training that these curves are of, as a run of a tracker."""
        parameters = _parameters()
        recipe = parameters.get("recipe", "unknown-parameters")
        began = datetime.fromtimestamp(min(rows[0]["time"] for rows in curves.values()), UTC)
        moment = f"{began:%Y%m%d-%H%M%S}-{began.microsecond // 1000:03}"  # two may begin in one second
        facts = {**dict(flat(parameters)), **finished.of_git(), "recipe": recipe}
        return cls(trackers.start(name, f"{recipe}-{moment}", facts, STAGES), parameters)

    def replaced_by(self, curves: Curves) -> bool:
        """Whether a stage has begun anew, an earlier one has begun, or one with other parameters."""
        if any(
            rows[0]["time"] != self.curves[stage][0]["time"] for stage, rows in curves.items() if stage in self.curves
        ):
            return True
        latest, new = max(map(STAGES.index, self.curves)), curves.keys() - self.curves.keys()
        return any(STAGES.index(stage) < latest for stage in new) or bool(new and _parameters() != self.parameters)

    def finish(self) -> None:
        """Pass on the metrics that it came to, with the dvc.lock that has them, and close."""
        if metrics := finished.metrics_of(self.curves, self.parameters):
            self.session.note(finished.of_lock())
        self.session.finish(metrics)


def _parameters() -> dict[str, Any]:
    """What params.yaml holds; nothing while it is being written."""
    try:
        return load_params()
    except ParameterError:
        return {}
