"""Tiny images: two kinds of squares, in records, arrays and model folders."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from promptgan.core.compute import Compute
from promptgan.forms.tensors.form import Example
from promptgan.tasks.image.arrays.parameters import Parameters

SIZE = 8
EXAMPLE = Example(channels=1, height=SIZE, width=SIZE)
COMPUTE = Compute(device="cpu", threads=1, precision="float32")
CPU = torch.device("cpu")
GENERATOR: dict[str, Any] = {
    "network": "fully_connected",
    "latent": 4,
    "widths": [16],
    "normalisation": "none",
    "conditioning": None,
    "dropout": 0.0,
}
DISCRIMINATOR = {**GENERATOR, "latent": None, "conditioning": "none"}
SECTIONS = {"generator": GENERATOR, "discriminator": DISCRIMINATOR, "encoder": GENERATOR}
COUNTS = {"train": 120, "val": 100, "test": 60, "judge": 120}


def arrays_of(**other: Any) -> Parameters:
    """The section `tokenize`."""
    return Parameters(**{"side": SIZE, "channels": 1, "fit": "crop", "condition": "none", **other})


def png(pixels: Any) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()


def records(count: int, seed: int) -> pd.DataFrame:
    """Squares to the left (label a) or to the right (b), each a little different."""
    random = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        pixels = random.integers(0, 60, (SIZE, SIZE), dtype=np.uint8)
        left = i % 2 == 0
        pixels[2:6, (1 if left else 4) : (4 if left else 7)] += np.uint8(150)
        rows.append((f"{seed}-{i}", f"{seed}-{i}", png(pixels), "a" if left else "b"))
    return pd.DataFrame(rows, columns=["id", "group", "image", "label"])


@pytest.fixture(scope="session")
def validated_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a validate stage."""
    from promptgan.quality.output import write_parquet

    folder = tmp_path_factory.mktemp("validated-images")
    for seed, (split, count) in enumerate(COUNTS.items()):
        write_parquet(records(count, seed), folder / f"{split}.parquet")
    write_parquet(records(1, 9).assign(rule="empty-image", reason="none").head(0), folder / "quarantine.parquet")
    return folder


@pytest.fixture(scope="session")
def arrays(validated_images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tokenize stage."""
    from promptgan.tasks.image.arrays.arrays import pack

    folder = tmp_path_factory.mktemp("arrays")
    pack(validated_images, folder, arrays_of())
    return folder


@pytest.fixture(scope="session")
def labelled_arrays(arrays: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, each on the condition of its label."""
    folder = shutil.copytree(arrays, tmp_path_factory.mktemp("labelled") / "arrays")
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps({**meta, "condition": "label"}))
    return folder


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path
