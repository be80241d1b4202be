"""What a training stage leaves behind where the recipe has no such phase."""

from pathlib import Path
from typing import Any

from promptgan import base
from promptgan.networks import folder

CURVE = ("step", "train_loss", "val_loss", "score", "accuracy")
"""The columns that dvc.yaml draws."""


def leave(reason: str, run: dict[str, Any], out: Path, metrics: Path, curve: Path | None = None) -> None:
    """Write a model folder, metrics and a curve that say ``reason``, so that every later stage finds its inputs."""
    folder.save_none(out, reason)
    base.write_json(out / "run.json", run)
    if curve:
        base.write_csv(curve, [], CURVE)
    base.write_json(metrics, {"kind": "none", "reason": reason})
    print(reason)
