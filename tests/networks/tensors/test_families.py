"""Every family of networks of arrays plays its roles."""

from typing import Any

import pytest
import torch

from promptgan.forms.tensors.drawing import draw, noise
from promptgan.forms.tensors.form import Example
from promptgan.networks import folder

EXAMPLE = Example(channels=3, height=8, width=12)
FAMILIES: dict[str, dict[str, Any]] = {
    "fully_connected": {"network": "fully_connected", "latent": 5, "width": 16, "layers": 2, "dropout": 0.0},
    "dcgan": {"network": "dcgan", "latent": 5, "width": 4, "normalisation": "batch"},
    "dcgan without normalisation": {"network": "dcgan", "latent": 5, "width": 4, "normalisation": "none"},
}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, one_thread: None) -> dict[str, Any]:
    return FAMILIES[request.param]


def build(role: str, family: dict[str, Any]) -> Any:
    return folder.build("tensors", role, family, EXAMPLE)


def test_a_generator_makes_arrays_of_the_examples_shape(family: dict[str, Any]) -> None:
    generator = build("generator", family)
    images = generator(torch.randn(6, 5))
    assert images.shape == (6, 3, 8, 12)
    assert images.abs().max() <= 1


def test_brightness_is_the_probability_of_the_logits(family: dict[str, Any]) -> None:
    generator, z = build("generator", family).eval(), torch.randn(4, 5)
    torch.testing.assert_close((generator(z) + 1) / 2, generator.logits(z).sigmoid())


def test_a_discriminator_gives_a_logit_and_an_encoder_a_normal_distribution(family: dict[str, Any]) -> None:
    x = torch.rand(6, 3, 8, 12) * 2 - 1
    assert build("discriminator", family)(x).shape == (6,)
    mean, log_variance = build("encoder", family)(x)
    assert mean.shape == log_variance.shape == (6, 5)


def test_the_logit_of_a_discriminator_is_linear_in_its_features(family: dict[str, Any]) -> None:
    discriminator, x = build("discriminator", family).eval(), torch.rand(6, 3, 8, 12) * 2 - 1
    features = discriminator.features(x)
    assert features.shape[0] == 6 and features.dim() == 2
    torch.testing.assert_close(discriminator.layers[-1](features)[:, 0], discriminator(x))


def test_every_weight_of_a_generator_gets_a_gradient(family: dict[str, Any]) -> None:
    generator, discriminator = build("generator", family), build("discriminator", family)
    discriminator(generator(torch.randn(6, 5))).sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in generator.parameters())


def test_what_is_drawn_does_not_depend_on_the_batch(family: dict[str, Any]) -> None:
    generator = build("generator", family).eval()
    z = noise(1, 9, 5)
    assert torch.equal(draw(generator, z, batch=9), draw(generator, z, batch=4))
    assert torch.equal(noise(1, 3, 5), z[:3])
