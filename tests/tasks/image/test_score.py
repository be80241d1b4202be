from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from promptgan.forms.tensors import form
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.tasks.image.score.frechet import frechet_distance
from promptgan.tasks.image.score.score import Score
from tests.tasks.image.conftest import COMPUTE, EXAMPLE, SIZE


@pytest.mark.parametrize("features", [1, 5, 20])
def test_the_frechet_distance_is_that_of_the_formula(features: int) -> None:
    random = np.random.default_rng(features)
    one = random.normal(size=(60, features)) @ random.normal(size=(features, features))
    other = random.normal(1, 2, size=(80, features))
    c1, c2 = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (one, other))
    expected = np.square(one.mean(0) - other.mean(0)).sum() + np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real)
    assert frechet_distance(one, other) == pytest.approx(expected)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)


class Shows(TensorGenerator):
    """Makes the given images, whatever it is asked."""

    def __init__(self, images: torch.Tensor) -> None:
        super().__init__(4)
        self.images, self.weight = images, torch.nn.Parameter(torch.zeros(1))
        self.at = 0

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        self.at += len(z)
        return self.images[self.at - len(z) : self.at]


def test_real_images_score_higher_than_noise_and_the_same_twice(arrays: Path) -> None:
    score = Score(form.split(arrays, "val"), EXAMPLE, {}, 60, COMPUTE, 1)
    real = form.split(arrays, "train").batch(np.arange(60))
    noise = torch.rand(60, 1, SIZE, SIZE) * 2 - 1
    found = [score({"generator": Shows(images)})["score"] for images in (real, real, noise)]
    assert found[0] == found[1] > found[2] + 0.01
