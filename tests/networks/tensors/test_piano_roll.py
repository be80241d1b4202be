"""What the networks of piano rolls draw in training is what would be played."""

import numpy as np
import torch

from promptgan.forms.tensors.form import Example
from promptgan.media.music.arrays import read
from promptgan.networks import folder
from promptgan.networks.tensors.piano_roll.network import played

GENERATOR = {
    "network": "piano_roll",
    "latent": 5,
    "width": 6,
    "halvings": 2,
    "normalisation": "none",
    "conditioning": None,
}


def test_what_is_drawn_in_training_is_black_or_white_and_its_gradient_that_of_the_brightness(one_thread: None) -> None:
    torch.manual_seed(1)
    generator = folder.build("tensors", "generator", GENERATOR, Example(channels=2, height=8, width=16))
    z, upstream = torch.randn(3, 5), torch.randn(3, 2, 8, 16)
    gradients = []
    for mode in (True, False):
        drawn = generator.train(mode)(z)
        gradients.append(torch.autograd.grad((drawn * upstream).sum(), generator.start.weight)[0])
        assert bool((drawn.abs() > 1 - 1e-6).all()) == mode
    torch.testing.assert_close(*gradients)


def test_what_is_played_is_what_the_decoder_reads() -> None:
    grey = np.random.default_rng(1).choice([0, 20, 100, 200, 255], (20, 4, 8, 16), p=[0.8, 0.1, 0.04, 0.03, 0.03])
    clean = played(torch.from_numpy(grey) / 255).numpy() * 255
    mended = 0
    for roll, black_and_white in zip(grey.astype(np.uint8), clean.astype(np.uint8), strict=True):
        assert read(black_and_white, "4/4") == (read(roll, "4/4").words, 0)
        mended += read(roll, "4/4").mended
    assert mended > 100
