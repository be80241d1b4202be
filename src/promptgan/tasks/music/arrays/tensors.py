"""Passages as piano rolls, and their keys and metre as labels: memory-mapped arrays of every split."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from promptgan.core.files import write_json
from promptgan.forms.tensors.form import META
from promptgan.media.music import arrays, keys
from promptgan.media.music.arrays import Roll
from promptgan.media.music.passages import transposed
from promptgan.media.music.piece import Piece, from_json
from promptgan.tasks.music.arrays.parameters import Parameters
from promptgan.tasks.music.arrays.transposition import named, range_of, semitones
from promptgan.terms.splits import SPLITS


class Example(NamedTuple):
    """A passage in one key."""

    id: str
    prompt: str
    """Key and metre: what its label is called."""
    roll: Roll


def pack(validated: Path, out: Path, parameters: Parameters) -> dict[str, Any]:
    """Write ``SPLIT.images.npy``, uint8 (N, V, H, W), and ``SPLIT.labels.npy``, int64 (N,), of every split.

    A roll has a channel for each voice and as many sixteenths as `data.bars` bars; passages of fewer bars are left out.
    With `transpose` the training split holds each passage in every key that its range allows, one after the other.
    Labels are the prompts, key and metre, that records can have.

    Raises:
        NotOnTheRoll: a passage has a pitch that the roll has no row for, or lies beside the sixteenths.
    """
    assert parameters.height
    out.mkdir(parents=True, exist_ok=True)
    run = json.loads((validated / "run.json").read_bytes())["parameters"]
    rules, classes, width = run["validate"], labels(run), columns(run)
    splits = {}
    for name in SPLITS:
        records = pq.read_table(validated / f"{name}.parquet", columns=["id", "prompt", "music"]).to_pylist()
        within = range_of(name, rules, parameters.transpose)
        found = [each for record in records for each in examples(record, parameters.height, width, within)]
        rolls = np.stack([each.roll for each in found]) if found else np.zeros((0, 1, 1, 1), np.uint8)
        np.save(out / f"{name}.images.npy", rolls)
        np.save(out / f"{name}.labels.npy", np.array([classes.index(each.prompt) for each in found], np.int64))
        splits[name] = {"records": len(found), "passages": len(records)}
    meta = {
        "form": "tensors",
        "channels": rules["voices"],
        "height": parameters.height,
        "width": width,
        "condition": "label",
        "classes": classes,
        "splits": splits,
    }
    write_json(out / META, meta)
    return meta


def labels(run: dict[str, Any]) -> list[str]:
    """The prompts that records can have: every key in which music is kept, and the metre.

    Args:
        run: the sections of params.yaml that validation has read.
    """
    tonics = keys.KEYS if run["data"]["key"] == "own" else [key for key in keys.KEYS if key.startswith("C ")]
    return [f"{key} {run['validate']['metres'][0]}" for key in tonics]


def columns(run: dict[str, Any]) -> int:
    """Sixteenths of a whole passage."""
    bar = Piece("", run["validate"]["metres"][0], 1.0, 0, ()).bar_ticks
    return int(run["data"]["bars"] * bar // arrays.STEP)


def examples(
    record: dict[str, str], height: int, width: int, within: tuple[int, int] | None = None
) -> Iterator[Example]:
    """The rolls of a record, in every key that a range allows where there is one; none of a passage that is shorter.

    Args:
        record: id and music.
        height, width: of a roll.
        within: the lowest and the highest pitch.
    """
    piece = from_json(record["music"])
    for distance in semitones(piece, within) if piece.ticks == width * arrays.STEP else ():
        moved = transposed(piece, distance)
        yield Example(named(record["id"], distance), f"{moved.key} {moved.metre}", arrays.written(moved, height))
