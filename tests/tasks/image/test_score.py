from pathlib import Path

import numpy as np
import torch

from promptgan.forms.tensors import form
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.tasks.image.score.score import Score
from tests.tasks.image.conftest import COMPUTE, EXAMPLE, SIZE


class Shows(TensorGenerator):
    """Makes the given images, whatever it is asked."""

    def __init__(self, images: torch.Tensor) -> None:
        super().__init__(4, EXAMPLE, 4)
        self.images, self.weight = images, torch.nn.Parameter(torch.zeros(1))
        self.at = 0

    def forward(self, z: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        self.at += len(z)
        return self.images[self.at - len(z) : self.at]


def test_real_images_score_higher_than_noise_and_the_same_twice(arrays: Path) -> None:
    score = Score(form.split(arrays, "val"), EXAMPLE, {}, 60, COMPUTE, 1)
    real = form.split(arrays, "train").batch(np.arange(60)).x
    noise = torch.rand(60, 1, SIZE, SIZE) * 2 - 1
    found = [score({"generator": Shows(images)})["score"] for images in (real, real, noise)]
    assert found[0] == found[1] > found[2] + 0.01
