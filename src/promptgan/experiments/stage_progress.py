"""How far the stage of a run is, said now and then from its live curve."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from promptgan.experiments import live_curve

QUIET_SECONDS = 30.0
"""How long a run says nothing before it says how far it is."""
POLL_SECONDS = 1.0
MEASURES = ("score", "val_nll")
"""What a validation is summed up by: the first of these that it has."""


class StageProgress:
    """Passes on what a run says; while it is silent, the last validation of its stage, each once.

    Args:
        folder: of the live curves.
        parameters: the run's parsed parameter file, for the limits of its trainings.
        say: gets every line.
        quiet: seconds of silence before a validation is said.
    """

    def __init__(self, folder: Path, parameters: dict[str, Any], say: Callable[[str], None], quiet: float) -> None:
        self._folder, self._parameters, self._say, self._quiet = folder, parameters, say, quiet
        self._stage = ""
        self._told: dict[str, float] | None = None
        self._last = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def begin(self, stage: str, text: str) -> None:
        """Say that a stage is at work, and follow its curve from now on."""
        self._stage, self._last = stage, time.monotonic()
        self._say(text)

    def _watch(self) -> None:
        while not self._ended.wait(min(POLL_SECONDS, self._quiet)):
            if time.monotonic() - self._last < self._quiet:
                continue
            stage = self._stage
            rows = live_curve.rows(self._folder / f"{stage}.jsonl")
            if rows and rows[-1] != self._told:
                self._told, self._last = rows[-1], time.monotonic()
                self._say(line(stage, rows[-1], self._parameters))


def line(stage: str, row: dict[str, float], parameters: dict[str, Any]) -> str:
    """A validation in a line: the stage, how far it is of at most how far, and what was measured.

    Args:
        stage: its name, which is also that of its section of the parameters, if it has one.
        row: of its live curve.
        parameters: a parsed parameter file.
    """
    limits = parameters.get(stage, {})
    if "epochs" in limits and "epoch" in row:
        at = f"epoch {row['epoch']:.1f}/{limits['epochs']}"
    else:
        at = f"step {row['step']:.0f}" + (f"/{limits['steps']}" if "steps" in limits else "")
    measured = (f"  {key} {row[key]:.4f}" for key in MEASURES if key in row)
    return f"{stage}  {at}{next(measured, '')}"
