"""Sequences of token ids, as a task's `arrays` wrote them: what a network must know of one, and the splits."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptgan.forms.tokens.pairs import Pairs

META = "meta.json"


@dataclass(frozen=True)
class Example:
    """What a network must know of one example."""

    vocabulary: int
    """Token ids."""
    max_tokens: int
    """Most tokens of a prompt, and of a text without its end."""


def example(tokens: Path) -> Example:
    """What the examples of the folder ``tokens`` have in common."""
    meta = _meta(tokens)
    return Example(meta["vocabulary"], meta["max_tokens"])


def split(tokens: Path, name: str) -> Pairs:
    """One split, memory-mapped."""
    return Pairs(tokens / f"{name}.arrow")


def files(tokens: Path, *splits: str) -> list[Path]:
    """What is read of the folder by whoever reads ``splits``."""
    return [tokens / META, *needed(tokens), *(tokens / f"{name}.arrow" for name in splits)]


def needed(tokens: Path) -> list[Path]:
    """What a model needs beside its weights."""
    return [tokens / "tokenizer.json"]


def _meta(tokens: Path) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads((tokens / META).read_text(encoding="utf-8"))
    return meta
