"""Records to pixels: memory-mapped arrays of images, their labels, and where they have captions the words of these."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from promptgan.core.files import write_json
from promptgan.core.progress import Progress
from promptgan.forms.tensors.captions import Vocabulary, captions
from promptgan.forms.tensors.form import META
from promptgan.forms.tensors.pictures import pixels
from promptgan.tasks.image.arrays.parameters import Parameters
from promptgan.terms.splits import SPLITS

CHUNK = 128
"""Records read at a time, so that memory does not grow with their number."""


def pack(validated: Path, out: Path, parameters: Parameters, base: Path | None = None) -> dict[str, Any]:
    """Write ``SPLIT.images.npy``, uint8 (N, C, H, W), and ``SPLIT.labels.npy``, int64 (N,), of every split.

    Where the condition is a caption also ``SPLIT.captions.npy``, int16 (N, T), and ``captions.json``, the words.
    Pictures are decoded by as many threads as there are CPUs; the arrays are the same however many.

    Returns what ``meta.json`` holds: the shape, the condition, and the classes in the order of their numbers.
    """
    p = parameters
    out.mkdir(parents=True, exist_ok=True)
    files = {name: pq.ParquetFile(validated / f"{name}.parquet") for name in SPLITS}
    counts = {name: file.metadata.num_rows for name, file in files.items()}
    classes = sorted(set(_column(files["train"], "label")))
    number = {label: index for index, label in enumerate(classes)}
    meta = {
        "channels": p.channels,
        "height": p.side,
        "width": p.side,
        "condition": p.condition,
        "classes": classes,
        "splits": {name: {"records": count} for name, count in counts.items()},
    }
    if p.condition == "caption":
        vocabulary = Vocabulary.of(told(files["train"]))
        vocabulary.write(out)
        for name, file in files.items():
            np.save(out / f"{name}.captions.npy", vocabulary.ids(told(file)))
    with ThreadPoolExecutor(os.cpu_count()) as pool, Progress("tokenize", sum(counts.values())) as progress:
        for name, file in files.items():
            labels = [number.get(label, -1) for label in _column(file, "label")]  # -1: training has not seen it
            np.save(out / f"{name}.labels.npy", np.array(labels, np.int64))
            shape = (counts[name], p.channels, p.side, p.side)
            images, row = np.lib.format.open_memmap(out / f"{name}.images.npy", "w+", np.uint8, shape), 0
            for batch in file.iter_batches(CHUNK, columns=["image"]):
                for picture in pool.map(lambda x: pixels(x, p.channels, p.side, p.fit), batch["image"].to_pylist()):
                    images[row] = picture
                    row += 1
                progress.advance(len(batch))
            images.flush()
    write_json(out / META, meta)
    return meta


def told(file: pq.ParquetFile) -> Iterator[str]:
    """One caption a record of a file, with a column caption or without; see `captions`."""
    own = _column(file, "caption") if "caption" in file.schema_arrow.names else None
    return captions(_column(file, "id"), _column(file, "label"), own)


def _column(file: pq.ParquetFile, name: str) -> list[Any]:
    values: list[Any] = file.read(columns=[name])[name].to_pylist()
    return values
