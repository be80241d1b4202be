"""What a tracker is told: the finished run that dvc.lock describes, or the trainings that begin from now on.

No stage knows of it: a stage appends to its live curve, and this reads it. So a tracker that is chosen, changed or
missing changes no result and reruns nothing.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan import base
from promptgan.experiments import finished, live_curve, trackers
from promptgan.experiments.interrupts import interruptible
from promptgan.experiments.makeup import flat
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

    Args:
        name: the tracker.

    Returns:
        How many rows of curves it got.

    Raises:
        TrackerMissing: its package, or accelerate, is not installed.
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
    began, and of the metrics only those of that training.

    Args:
        name: the tracker.
        say: gets a line when it looks.

    Returns:
        How many rows of curves it got.

    Raises:
        TrackerMissing: its package, or accelerate, is not installed.
    """
    trackers.require(name)
    folder = Path(os.environ.get(LIVE) or ".dvc/tmp/live")
    new, held = New(read(folder)), Held()
    say(f"following {folder}: trainings that begin from now on; Ctrl-C ends it")
    training: Training | None = None
    count = 0
    try:
        with interruptible():
            while True:
                held.look()
                curves = of_one_training(new.of(read(folder)))
                if training and training.replaced_by(curves, held):
                    training.finish()
                    new.done(training.curves)
                    curves, training = new.of(curves), None
                if curves:
                    training = training or Training.begin(name, curves, held)
                    count += training.give(curves)
                time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        pass
    if training:
        training.finish()
    return count


def read(folder: Path) -> Curves:
    """The live curves that are there, in the order of the stages.

    Of equal steps the last row counts: a training that was resumed repeats some.
    """
    found = {stage: live_curve.rows(folder / f"{stage}.jsonl") for stage in STAGES}
    return {stage: rows for stage, rows in found.items() if rows}


def of_one_training(curves: Curves) -> Curves:
    """The curves without those that began before that of an earlier stage: they are of an older training."""
    kept: Curves = {}
    for stage, rows in curves.items():
        if all(_began(rows) >= _began(earlier) for earlier in kept.values()):
            kept[stage] = rows
    return kept


class New:
    """Tells the curves that began, or grew, since a moment from those that were there and have not changed."""

    def __init__(self, there: Curves) -> None:
        self._old = {stage: _ends(rows) for stage, rows in there.items()}

    def of(self, curves: Curves) -> Curves:
        """The curves that are not old."""
        self._old = {s: ends for s, ends in self._old.items() if s not in curves or _ends(curves[s]) == ends}
        return {stage: rows for stage, rows in curves.items() if stage not in self._old}

    def done(self, curves: Curves) -> None:
        """Take these as old from now on."""
        self._old |= {stage: _ends(rows) for stage, rows in curves.items()}


class Held:
    """What params.yaml has held since it was first looked at."""

    def __init__(self) -> None:
        self._versions: list[tuple[float, dict[str, Any]]] = []
        self.look()

    def look(self) -> None:
        """Take note of a version that is new."""
        with suppress(OSError, YAMLError, UnicodeDecodeError):  # while it is being written
            changed = base.PARAMS_FILE.stat().st_mtime
            if not self._versions or self._versions[-1][0] != changed:
                document = YAML(typ="safe", pure=True).load(base.PARAMS_FILE.read_text(encoding="utf-8"))
                if isinstance(document, dict):
                    self._versions.append((changed, document))

    def at(self, moment: float) -> dict[str, Any]:
        """What it held at a time in seconds since 1970; nothing where that is not known."""
        return next((document for changed, document in reversed(self._versions) if changed <= moment), {})


@dataclass
class Training:
    """A training that is followed: stages one after the other, all with the same parameters."""

    session: Session
    parameters: dict[str, Any]
    """Of params.yaml when it began."""
    curves: Curves = field(default_factory=dict)

    @classmethod
    def begin(cls, name: Name, curves: Curves, held: Held) -> "Training":
        """The training that these curves are of, as a run of a tracker."""
        began = min(map(_began, curves.values()))
        parameters = held.at(began)
        recipe = parameters.get("recipe", "unknown-parameters")
        title = f"{recipe}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(began))}"
        session = trackers.start(name, title, {**dict(flat(parameters)), **finished.of_git(), "recipe": recipe}, STAGES)
        return cls(session, parameters)

    def replaced_by(self, curves: Curves, held: Held) -> bool:
        """Whether a stage has begun anew, an earlier one has begun, or one with other parameters."""
        for stage, rows in curves.items():
            mine = self.curves.get(stage)
            later = [self.curves[each] for each in STAGES[STAGES.index(stage) + 1 :] if each in self.curves]
            if mine and _began(mine) == _began(rows):
                continue
            if mine or any(_began(rows) > _began(each) for each in later) or held.at(_began(rows)) != self.parameters:
                return True
        return False

    def give(self, curves: Curves) -> int:
        """Pass on what is new of its curves; how many rows those were."""
        self.curves |= curves
        return self.session.give(curves)

    def finish(self) -> None:
        """Pass on the metrics that it came to, with the dvc.lock that has them, and close."""
        metrics = finished.metrics_of(self.curves, self.parameters)
        if metrics:
            self.session.note(finished.of_lock())
        self.session.finish(metrics)


def _ends(rows: list[dict[str, float]]) -> tuple[float, float, int]:
    return rows[0]["time"], rows[-1]["time"], len(rows)


def _began(rows: list[dict[str, float]]) -> float:
    return rows[0]["time"]
