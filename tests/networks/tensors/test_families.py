"""Every family of networks of arrays plays its roles."""

from typing import Any

import pytest
import torch

from promptgan.forms.tensors.drawing import draw, noise
from promptgan.forms.tensors.form import Example
from promptgan.networks import folder
from promptgan.penalties import zero_centred

EXAMPLE = Example(channels=3, height=8, width=12)
FAMILIES: dict[str, dict[str, Any]] = {
    "fully_connected": {"network": "fully_connected", "widths": [16, 12], "normalisation": "none", "dropout": 0.0},
    "fully_connected by the batch": {
        "network": "fully_connected",
        "widths": [16],
        "normalisation": "batch",
        "dropout": 0.0,
    },
    "dcgan": {"network": "dcgan", "width": 4, "halvings": 2, "normalisation": "batch"},
    "piano_roll": {"network": "piano_roll", "width": 6, "halvings": 2, "normalisation": "batch"},
    "piano_roll halved once": {"network": "piano_roll", "width": 6, "halvings": 1, "normalisation": "none"},
    "recurrent": {"network": "recurrent", "width": 6, "layers": 2},
    "dcgan halved once": {"network": "dcgan", "width": 4, "halvings": 1, "normalisation": "none"},
}
CONDITIONS = {
    "label": (Example(3, 8, 12, classes=4), torch.tensor([0, 3, 1, 1, 2, 0])),
    "caption": (
        Example(3, 8, 12, words=9, caption_words=4),
        torch.tensor([[2, 3, 4, 5], [8, 0, 0, 0], [1, 2, 0, 0], [1, 3, 0, 0], [5, 5, 5, 0], [8, 0, 0, 0]]),
    ),
}
JUDGING = ("concat", "projection", "auxiliary")


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, one_thread: None) -> dict[str, Any]:
    return FAMILIES[request.param]


def build(role: str, family: dict[str, Any], example: Example = EXAMPLE, **more: Any) -> Any:
    judges = role == "discriminator"
    roles = {"latent": None, "conditioning": "none"} if judges else {"latent": 5, "conditioning": None}
    return folder.build("tensors", role, {**family, **roles, **more}, example)


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


def test_every_weight_of_a_generator_gets_a_gradient(family: dict[str, Any]) -> None:
    generator, discriminator = build("generator", family), build("discriminator", family)
    discriminator(generator(torch.randn(6, 5))).sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in generator.parameters())


def test_what_is_drawn_does_not_depend_on_the_batch(family: dict[str, Any]) -> None:
    generator = build("generator", family).eval()
    z = noise(1, 9, 5)
    assert torch.equal(draw(generator, z, batch=9), draw(generator, z, batch=4))
    assert torch.equal(noise(1, 3, 5), z[:3])


@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_is_made_depends_on_the_condition_and_on_nothing_else_of_a_caption(
    family: dict[str, Any], condition: str
) -> None:
    example, asked = CONDITIONS[condition]
    generator, encoder = (build(role, family, example).eval() for role in ("generator", "encoder"))
    z, x = torch.randn(1, 5).expand(6, 5), torch.rand(1, 3, 8, 12).expand(6, 3, 8, 12)
    for made in (generator(z, asked), encoder(x, asked)[0]):
        same = torch.tensor([[torch.allclose(a, b, atol=1e-6) for b in made] for a in made])
        assert torch.equal(same, torch.tensor([[bool((a == b).all()) for b in asked] for a in asked]))
    padded = torch.cat([asked, torch.zeros_like(asked[:, :1])], 1) if condition == "caption" else asked
    torch.testing.assert_close(generator(z, padded), generator(z, asked))


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("judging", JUDGING)
def test_a_discriminator_reads_conditions_or_guesses_them(family: dict[str, Any], condition: str, judging: str) -> None:
    example, asked = CONDITIONS[condition]
    if (condition, judging) == ("caption", "auxiliary"):
        return
    network = build("discriminator", family, example, conditioning=judging).eval()
    x = torch.rand(1, 3, 8, 12).expand(6, 3, 8, 12)
    logits, classes = network.judged(x, asked)
    assert (logits.max() - logits.min() > 1e-6) == (judging != "auxiliary")
    assert (None if classes is None else classes.shape) == ((6, 4) if judging == "auxiliary" else None)


def test_projection_adds_the_inner_product_with_the_features(family: dict[str, Any]) -> None:
    example, asked = CONDITIONS["label"]
    network, x = build("discriminator", family, example, conditioning="projection").eval(), torch.rand(6, 3, 8, 12)
    features = network.features(x)
    expected = network.logit(features)[:, 0] + torch.einsum("nf,nf->n", features, network.projected.embedding(asked))
    torch.testing.assert_close(network(x, asked), expected)


def test_its_slope_can_be_penalised(family: dict[str, Any]) -> None:
    discriminator, x = build("discriminator", family).train(), torch.rand(6, 3, 8, 12)
    zero_centred.penalty(discriminator, x).backward()
    learnt = [weight.grad for weight in discriminator.parameters() if weight.grad is not None]
    assert all(gradient.isfinite().all() for gradient in learnt)
    assert sum(bool(gradient.any()) for gradient in learnt) >= 2


def test_every_weight_of_a_normalised_discriminator_has_singular_value_one(family: dict[str, Any]) -> None:
    if "normalisation" not in family:
        return
    example, asked = CONDITIONS["label"]
    network = build("discriminator", family, example, conditioning="projection", normalisation="spectral").train()
    for _ in range(200):
        network(torch.rand(6, 3, 8, 12), asked)
    weights = [
        m.weight.detach() for m in network.eval().modules() if isinstance(getattr(m, "weight", None), torch.Tensor)
    ]
    assert len(weights) >= 3
    for weight in weights:
        assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("network", ["dcgan", "piano_roll"])
def test_a_fresh_generator_by_the_batch_makes_an_image_of_its_condition_as_much_as_of_its_vector(network: str) -> None:
    torch.manual_seed(1)
    example = Example(1, 16, 16, classes=8)
    generator = build("generator", {**FAMILIES[network], "width": 16}, example, latent=32).train()
    labels = torch.arange(8).repeat_interleave(64)
    logits = generator.logits(torch.randn(len(labels), 32), labels).detach().view(8, 64, -1)
    of_condition, of_vector = logits.mean(1).var(0).mean(), logits.var(1).mean()
    assert 0.2 < of_condition / of_vector < 5
