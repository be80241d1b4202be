"""The live curve of a training that runs: what trackers draw and what a search prunes on. Never an output."""

import json
import os
import time
from pathlib import Path

FOLDER = "PROMPTGAN_LIVE"
"""The environment variable that names another folder than `.dvc/tmp/live`."""


def begin(stage: str) -> None:
    """Start a new curve for a stage; one that is resumed goes on with the old one instead."""
    _path(stage).unlink(missing_ok=True)


def publish(stage: str, row: dict[str, float]) -> None:
    """Append a validation, with the time of day, to the stage's curve.

    A resumed training repeats the rows since its checkpoint: of equal steps the last one counts.
    """
    path = _path(stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"time": round(time.time(), 3), **row}) + "\n")


def _path(stage: str) -> Path:
    return Path(os.environ.get(FOLDER) or ".dvc/tmp/live") / f"{stage}.jsonl"
