"""Records to pixels: one memory-mapped array of images and one of labels per split."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from promptgan.core.files import write_json
from promptgan.forms.tensors.form import META
from promptgan.tasks.image.arrays.parameters import Parameters
from promptgan.terms.splits import SPLITS

CHUNK = 4096
"""Records read at a time, so that memory does not grow with the data."""


def pack(validated: Path, out: Path, parameters: Parameters, base: Path | None = None) -> dict[str, Any]:
    """Write ``SPLIT.images.npy``, uint8 (N, C, H, W), and ``SPLIT.labels.npy``, int64 (N,), of every split.

    Returns what ``meta.json`` holds: the shape, and the classes in the order of their numbers.
    """
    out.mkdir(parents=True, exist_ok=True)
    files = {name: pq.ParquetFile(validated / f"{name}.parquet") for name in SPLITS}
    classes = sorted(set(pq.read_table(validated / "train.parquet", columns=["label"])["label"].to_pylist()))
    number = {label: index for index, label in enumerate(classes)}
    first = next(files["train"].iter_batches(1, columns=["image"]))["image"][0].as_py()
    channels = len(Image.open(io.BytesIO(first)).getbands())
    shape = (channels, parameters.size, parameters.size)
    for name, file in files.items():
        count = file.metadata.num_rows
        images = np.lib.format.open_memmap(out / f"{name}.images.npy", "w+", np.uint8, (count, *shape))
        labels = np.zeros(count, np.int64)
        row = 0
        for batch in file.iter_batches(CHUNK, columns=["image", "label"]):
            for png, label in zip(batch["image"].to_pylist(), batch["label"].to_pylist(), strict=True):
                images[row] = pixels(png, parameters.size)
                labels[row] = number.get(label, -1)  # a class that training has not seen
                row += 1
        images.flush()
        np.save(out / f"{name}.labels.npy", labels)
    meta = {
        "channels": channels,
        "height": parameters.size,
        "width": parameters.size,
        "classes": classes,
        "condition": parameters.condition,
        "splits": {name: {"records": file.metadata.num_rows} for name, file in files.items()},
    }
    write_json(out / META, meta)
    return meta


def pixels(content: bytes, size: int) -> Any:
    """The pixels of a picture file, uint8 (C, ``size``, ``size``)."""
    image: Image.Image = Image.open(io.BytesIO(content))
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BOX)
    array = np.asarray(image)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
