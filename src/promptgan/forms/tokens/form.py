"""Sequences of token ids, as a task's `arrays` wrote them: the folder that holds them."""

import json
from pathlib import Path
from typing import Any

from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs

META, TOKENIZER, MARKERS, BASE = "meta.json", "tokenizer.json", "markers.json", "base"


def example(tokens: Path) -> Example:
    """What the examples of the folder ``tokens`` have in common."""
    meta = _meta(tokens)
    named: dict[str, Any] = {name: meta["special"][name] for name in ("unk", "bos", "eos")}
    named |= {"prompted": meta["splits"]["train"].get("prompt_tokens", 0) > 0, **places(tokens)}
    return Example(meta["vocabulary"], meta["max_tokens"], **named)


def places(folder: Path) -> dict[str, Path]:
    """The part of an `Example` that is a place: in a tokens or model folder."""
    return {"base": folder / BASE} if (folder / BASE).is_dir() else {}


def split(tokens: Path, name: str) -> Pairs:
    """One split, memory-mapped."""
    return Pairs(tokens / f"{name}.arrow", example(tokens).eos)


def files(tokens: Path, *splits: str) -> list[Path]:
    """What is read of the folder by whoever reads ``splits``."""
    return [tokens / META, *needed(tokens).values(), *(tokens / f"{name}.arrow" for name in splits)]


def needed(tokens: Path) -> dict[str, Path]:
    """What a model needs beside its weights, by the name in its folder."""
    base = sorted((tokens / BASE).iterdir()) if places(tokens) else []
    marked = [MARKERS] if (tokens / MARKERS).is_file() else []
    return {name: tokens / name for name in (TOKENIZER, *marked)} | {f"{BASE}/{file.name}": file for file in base}


def _meta(tokens: Path) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads((tokens / META).read_text(encoding="utf-8"))
    return meta
