"""Arrays of fixed shape, as a task's `arrays` wrote them: what a network must know of one, and the splits."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptgan.forms.tensors.captions import FILE, Vocabulary
from promptgan.forms.tensors.tensors import Tensors

META = "meta.json"


@dataclass(frozen=True)
class Example:
    """What a network must know of one example."""

    channels: int
    height: int
    width: int
    classes: int = 0
    """Labels, one of which is the condition of an example; 0 where none is."""
    words: int = 0
    """Words of captions, one of which is the condition of an example; 0 where none is."""
    caption_words: int = 0
    """The most of a caption."""

    @property
    def conditional(self) -> bool:
        """Whether examples are made on a condition."""
        return bool(self.classes or self.words)


def example(tokens: Path) -> Example:
    """What the examples of the folder ``tokens`` have in common."""
    meta = _meta(tokens)
    condition = {"classes": len(meta["classes"])} if meta["condition"] == "label" else {}
    if vocabulary := captions_of(tokens):
        condition = {"words": len(vocabulary.words), "caption_words": vocabulary.length}
    return Example(meta["channels"], meta["height"], meta["width"], **condition)


def places(folder: Path) -> dict[str, Path]:
    """The part of an `Example` that is a place; none is."""
    return {}


def split(tokens: Path, name: str) -> Tensors:
    """One split, memory-mapped."""
    files = {kind: tokens / f"{name}.{kind}.npy" for kind in ("images", "labels", "captions")}
    condition = {"none": None, "label": files["labels"], "caption": files["captions"]}[_meta(tokens)["condition"]]
    return Tensors(files["images"], files["labels"], condition)


def files(tokens: Path, *splits: str) -> list[Path]:
    """What is read of the folder by whoever reads ``splits``."""
    kinds = ["images", "labels", *(["captions"] if _meta(tokens)["condition"] == "caption" else [])]
    return [tokens / META, *(tokens / f"{name}.{kind}.npy" for name in splits for kind in kinds)]


def needed(tokens: Path) -> dict[str, Path]:
    """What a model needs beside its weights, by the name in its folder: what its classes, and words, are called."""
    captions = [FILE] if _meta(tokens)["condition"] == "caption" else []
    return {name: tokens / name for name in (META, *captions)}


def labels_of(folder: Path) -> list[str]:
    """What the labels of a condition are called, in the order of their numbers; none where no label is one.

    Args:
        folder: of arrays, or of a model.
    """
    return classes_of(folder) if (folder / META).is_file() and _meta(folder)["condition"] == "label" else []


def classes_of(folder: Path) -> list[str]:
    """The labels of examples, in the order of their numbers.

    Args:
        folder: of arrays, or of a model.
    """
    return list(_meta(folder)["classes"])


def captions_of(folder: Path) -> Vocabulary | None:
    """What captions are read by; None where no caption is a condition.

    Args:
        folder: of arrays, or of a model.
    """
    return Vocabulary.read(folder) if (folder / FILE).is_file() else None


def _meta(tokens: Path) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads((tokens / META).read_text(encoding="utf-8"))
    return meta
