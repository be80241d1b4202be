"""Arrays of fixed shape, as a task's `arrays` wrote them: what a network must know of one, and the splits."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptgan.forms.tensors.tensors import Tensors

META = "meta.json"


@dataclass(frozen=True)
class Example:
    """What a network must know of one example."""

    channels: int
    height: int
    width: int


def example(tokens: Path) -> Example:
    """What the examples of the folder ``tokens`` have in common."""
    meta: dict[str, Any] = json.loads((tokens / META).read_text(encoding="utf-8"))
    return Example(meta["channels"], meta["height"], meta["width"])


def places(folder: Path) -> dict[str, Path]:
    """The part of an `Example` that is a place; none is."""
    return {}


def split(tokens: Path, name: str) -> Tensors:
    """One split, memory-mapped."""
    return Tensors(tokens / f"{name}.images.npy", tokens / f"{name}.labels.npy")


def files(tokens: Path, *splits: str) -> list[Path]:
    """What is read of the folder by whoever reads ``splits``."""
    return [tokens / META, *(tokens / f"{name}.{kind}.npy" for name in splits for kind in ("images", "labels"))]


def needed(tokens: Path) -> dict[str, Path]:
    """What a model needs beside its weights, by the name in its folder."""
    return {}
