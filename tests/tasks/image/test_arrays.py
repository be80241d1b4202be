from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.forms.tensors import form
from promptgan.forms.tensors.tensors import Batches, scaled, to_bytes
from promptgan.tasks.image.arrays.arrays import pack, pixels
from promptgan.tasks.image.arrays.parameters import Parameters
from tests.tasks.image.conftest import COUNTS, EXAMPLE, SIZE


def test_arrays_hold_the_pixels_and_classes_of_every_split(arrays: Path, validated_images: Path) -> None:
    assert form.example(arrays) == EXAMPLE
    for name, count in COUNTS.items():
        data, frame = form.split(arrays, name), pd.read_parquet(validated_images / f"{name}.parquet")
        assert len(data) == count
        assert data.labels.tolist() == [0 if label == "a" else 1 for label in frame["label"]]
        assert np.array_equal(data.images[3], pixels(frame["image"][3], SIZE))


def test_the_same_records_give_the_same_bytes(arrays: Path, validated_images: Path, tmp_path: Path) -> None:
    pack(validated_images, tmp_path / "again", Parameters(size=SIZE, condition="none"))
    for path in arrays.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_images_are_resized_where_another_size_is_asked_for(validated_images: Path, tmp_path: Path) -> None:
    meta = pack(validated_images, tmp_path / "small", Parameters(size=4, condition="none"))
    assert (meta["height"], meta["width"], form.split(tmp_path / "small", "val").images.shape[1:]) == (4, 4, (1, 4, 4))


def test_batches_are_a_function_of_seed_and_step_and_pass_over_everything(arrays: Path) -> None:
    data = form.split(arrays, "train")
    batches = Batches(data, 50, seed=3)
    assert batches.per_epoch == 2
    assert torch.equal(Batches(data, 50, seed=3)[7].x, batches[7].x)
    assert not torch.equal(Batches(data, 50, seed=4)[7].x, batches[7].x)
    epoch = np.concatenate([batches.indices(2), batches.indices(3)])
    assert len(set(epoch.tolist())) == 100
    assert batches[0].x.shape == (50, 1, SIZE, SIZE)
    assert -1 <= batches[0].x.min() < batches[0].x.max() <= 1


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255])
def test_bytes_come_back_as_they_were(value: int) -> None:
    image = torch.full((1, 1, 2, 2), value, dtype=torch.uint8)
    assert torch.equal(to_bytes(scaled(image)), image)
