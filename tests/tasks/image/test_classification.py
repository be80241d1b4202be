"""The classification accuracy score: high of images that look like their labels, at chance of labels that are wrong."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from promptgan.forms.tensors import form
from promptgan.tasks.image.measures.classification import Schooling
from tests.tasks.image.conftest import CPU

SCHOOL = Schooling(classes=2, width=4, features=8, dropout=0.1, batch=16, learning_rate=0.01, epochs=4)


def accuracy(arrays: Path, change: str = "", seed: int = 1) -> float:
    train = form.split(arrays, "train")
    images, labels = train.stored(), train.labels.copy()
    if change == "swapped":
        labels = 1 - labels
    if change == "unknown":
        images, labels = torch.cat([images, 255 - images]), np.concatenate([labels, np.full(len(labels), -1)])
    return SCHOOL.accuracy(images, labels, form.split(arrays, "test"), seed, CPU)


def test_true_labels_teach_and_swapped_ones_teach_the_opposite(arrays: Path) -> None:
    assert accuracy(arrays) > 0.95
    assert accuracy(arrays, "swapped") < 0.05


def test_images_of_no_known_label_teach_nothing(arrays: Path) -> None:
    assert accuracy(arrays, "unknown") == accuracy(arrays)


def test_it_is_a_function_of_its_seed_and_leaves_random_numbers_as_they_were(arrays: Path) -> None:
    state = torch.get_rng_state()
    found = [accuracy(arrays, seed=seed) for seed in (1, 1)]
    assert found[0] == found[1]
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_any_channels_are_learnt_from(channels: int, arrays: Path, tmp_path: Path) -> None:
    train = form.split(arrays, "train")
    images = train.stored().expand(-1, channels, -1, -1).contiguous()
    shutil.copyfile(arrays / "meta.json", tmp_path / "meta.json")
    for name, array in (("images", images.numpy()), ("labels", train.labels)):
        np.save(tmp_path / f"test.{name}.npy", array)
    assert SCHOOL.accuracy(images, train.labels, form.split(tmp_path, "test"), 1, CPU) > 0.95
