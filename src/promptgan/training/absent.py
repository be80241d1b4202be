"""What a training stage leaves behind where the recipe has no such phase."""

from pathlib import Path
from typing import Any

from promptgan.core.files import write_csv, write_json
from promptgan.networks import folder

CURVE = ("step", "train_loss", "val_loss", "score", "accuracy")
"""The columns that dvc.yaml draws."""


def leave(reason: str, run: dict[str, Any], out: Path, metrics: Path, curve: Path | None = None) -> None:
    """Write a model folder, metrics and a curve that say ``reason``, so that every later stage finds its inputs."""
    folder.save_none(out, reason)
    write_json(out / "run.json", run)
    if curve:
        write_csv(curve, [], CURVE)
    write_json(metrics, {"kind": "none", "reason": reason})
    print(reason)
