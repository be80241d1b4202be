import math
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from promptgan.core.choices import choices, choose

PACKAGE = "promptgan.objectives"
NAMES = sorted(set(choices(PACKAGE)) - {"none"})


def objective(name: str) -> ModuleType:
    return choose(PACKAGE, name, "train.objective")


def logit(probability: float) -> Tensor:
    return torch.tensor([math.log(probability / (1 - probability))], dtype=torch.float64)


def test_the_folder_holds_these_objectives() -> None:
    expected = {
        "non_saturating",
        "saturating",
        "least_squares",
        "hinge",
        "wasserstein",
        "relativistic",
        "relativistic_pairs",
    }
    assert expected <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_both_players_have_a_scalar_loss_with_a_gradient(name: str) -> None:
    real, fake = torch.randn(2, 5, generator=torch.Generator().manual_seed(0)).unbind()
    for side in ("discriminator_loss", "generator_loss"):
        loss = getattr(objective(name), side)(real, fake.requires_grad_())
        assert loss.shape == ()
        assert torch.autograd.grad(loss, fake)[0].isfinite().all()


# From the papers, at real and fake logits of one pair each; r and f are those logits, D(x) = 0.2 and D(G) = 0.8.
R, F = math.log(0.25), math.log(4)
CLOSED_FORMS: dict[str, tuple[float, float]] = {  # of discriminator and generator
    "non_saturating": (-math.log(0.2) - math.log(1 - 0.8), -math.log(0.8)),
    "saturating": (-math.log(0.2) - math.log(1 - 0.8), math.log(1 - 0.8)),
    "least_squares": (((R - 1) ** 2 + F**2) / 2, (F - 1) ** 2 / 2),
    "hinge": (max(0.0, 1 - R) + max(0.0, 1 + F), -F),
    "wasserstein": (F - R, -F),
    "relativistic_pairs": (math.log(1 + math.exp(F - R)), math.log(1 + math.exp(R - F))),
    "relativistic": (2 * math.log(1 + math.exp(F - R)), 2 * math.log(1 + math.exp(R - F))),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_the_losses_equal_their_closed_forms(name: str) -> None:
    discriminator_loss, generator_loss = CLOSED_FORMS[name]
    assert objective(name).discriminator_loss(logit(0.2), logit(0.8)).item() == pytest.approx(discriminator_loss)
    assert objective(name).generator_loss(logit(0.2), logit(0.8)).item() == pytest.approx(generator_loss)


def test_the_non_saturating_losses_have_their_known_values() -> None:
    chosen = objective("non_saturating")
    assert chosen.generator_loss(logit(0.2), logit(0.8)).item() == pytest.approx(0.2231, abs=5e-5)
    assert chosen.discriminator_loss(logit(0.2), logit(0.8)).item() == pytest.approx(3.2189, abs=5e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_generator_is_asked_about_real_logits_only_where_they_count(name: str) -> None:
    loss, fake = objective(name).generator_loss, torch.tensor([0.8, 0.1])
    if objective(name).RELATIVE:
        assert loss(fake, fake) != loss(fake + 1, fake)
    else:
        assert loss(None, fake) == loss(fake, fake)


@pytest.mark.parametrize("size", [1e4, -1e4])
@pytest.mark.parametrize("side", ["discriminator_loss", "generator_loss"])
@pytest.mark.parametrize("name", NAMES)
def test_extreme_logits_give_finite_losses_and_gradients(name: str, side: str, size: float) -> None:
    real, fake = torch.full((3,), size).requires_grad_(), torch.full((3,), -size).requires_grad_()
    loss = getattr(objective(name), side)(real, fake)
    gradients = torch.autograd.grad(loss, (real, fake), allow_unused=True)
    assert loss.isfinite()
    assert all(g.isfinite().all() for g in gradients if g is not None)


@pytest.mark.parametrize("name", NAMES)
def test_descending_them_parts_real_from_fake_and_draws_fake_upwards(name: str) -> None:
    real, fake = (torch.zeros(4, dtype=torch.float64, requires_grad=True) for _ in range(2))
    to_real, to_fake = torch.autograd.grad(objective(name).discriminator_loss(real, fake), (real, fake))
    assert (to_real < 0).all()
    assert (to_fake >= 0).all()  # least squares wants a fake logit of 0, where it already is
    assert (torch.autograd.grad(objective(name).generator_loss(real, fake), fake)[0] < 0).all()


@pytest.mark.parametrize("name", ["non_saturating", "saturating"])
def test_an_undecided_discriminator_of_equal_distributions_is_at_its_minimum(name: str) -> None:
    """Goodfellow et al., 2014, theorem 1: D = 1/2, where the loss is log 4."""
    loss: Callable[[Tensor, Tensor], Tensor] = objective(name).discriminator_loss
    at = {x: loss(torch.tensor([x]), torch.tensor([x])).item() for x in (-0.1, 0.0, 0.1)}
    assert at[0.0] == pytest.approx(math.log(4))
    assert at[0.0] < min(at[-0.1], at[0.1])


@pytest.mark.parametrize("name", ["non_saturating", "saturating", "hinge"])
def test_exchanging_real_and_fake_with_their_signs_changes_nothing(name: str) -> None:
    real, fake = torch.tensor([0.3, -1.2]), torch.tensor([0.8, 0.1])
    loss = objective(name).discriminator_loss
    assert loss(real, fake).item() == pytest.approx(loss(-fake, -real).item())


@pytest.mark.parametrize("name", ["wasserstein", "relativistic"])
def test_only_differences_of_scores_count(name: str) -> None:
    real, fake = torch.tensor([0.3, -1.2]), torch.tensor([0.8, 0.1])
    loss = objective(name).discriminator_loss
    assert loss(real + 5, fake + 5).item() == pytest.approx(loss(real, fake).item(), rel=1e-5)


def test_a_satisfied_hinge_has_no_loss() -> None:
    assert objective("hinge").discriminator_loss(torch.tensor([1.0, 3.0]), torch.tensor([-1.0, -2.0])).item() == 0


def test_a_confident_discriminator_leaves_a_gradient_to_the_non_saturating_loss_only() -> None:
    def slope(name: str) -> float:
        fake = torch.tensor([-20.0], requires_grad=True)
        return torch.autograd.grad(objective(name).generator_loss(torch.zeros(1), fake), fake)[0].item()

    assert slope("non_saturating") == pytest.approx(-1)
    assert abs(slope("saturating")) < 1e-8
