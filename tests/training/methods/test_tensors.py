"""Methods on arrays: they learn, a twin and players are parameters, and a killed training ends with the same bytes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from promptgan.core.choices import choices, choose
from promptgan.core.parameters import ParameterError, validate_section
from promptgan.forms.tensors import form
from promptgan.tasks.image.score.score import Score
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.method import Method
from promptgan.training.loop.run import NothingLearnt, Outcome, Plan, run
from promptgan.training.methods.gan import method as gan
from promptgan.training.methods.gan.parameters import Parameters as GANParameters
from promptgan.training.methods.vae import method as vae
from promptgan.training.methods.vae.parameters import Parameters as VAEParameters
from promptgan.training.setting import Setting
from tests.tasks.image.conftest import COMPUTE, CPU, EXAMPLE, SECTIONS
from tests.tasks.image.conftest import arrays as arrays
from tests.tasks.image.conftest import validated_images as validated_images
from tests.training.conftest import Killed, KilledAfter

PLAYER = {"learning_rate": 0.005, "betas": [0.5, 0.999], "weight_decay": 0.0, "clip": None, "steps": 1}
GAN: dict[str, Any] = {
    "method": "gan",
    "start": "fresh",
    "objective": "non_saturating",
    "penalty": "none",
    "penalty_weight": 0.0,
    "steps": 60,
    "batch": 20,
    "players": {"generator": PLAYER, "discriminator": PLAYER},
    "ema": 0.5,
    "validate_every": 20,
    "validation_count": 60,
    "patience": 9,
    "checkpoint_every": 7,
}
VAE: dict[str, Any] = {
    "method": "vae",
    "epochs": 12,
    "batch": 20,
    "learning_rate": 0.01,
    "betas": [0.9, 0.999],
    "warmup": 3,
    "validate_every": 18,
    "validation_count": 60,
    "min_gain": 0.0,
    "cut": 0.5,
    "patience": 3,
    "checkpoint_every": 7,
}


def setting(arrays: Path, start: dict[str, nn.Module] | None = None, **chosen: str) -> Setting:
    torch.manual_seed(1)
    val = form.split(arrays, "val")
    return Setting(
        form="tensors",
        example=EXAMPLE,
        sections=SECTIONS,
        start=start or {},
        train=form.split(arrays, "train"),
        val=val,
        compute=COMPUTE,
        seed=1,
        device=CPU,
        objective=choose("promptgan.objectives", chosen.get("objective", "non_saturating"), "train.objective"),
        penalty=choose("promptgan.penalties", chosen.get("penalty", "none"), "train.penalty"),
        score=Score(val, EXAMPLE, {}, 60, COMPUTE, 1),
    )


def adversarial(arrays: Path, twin: dict[str, nn.Module] | None = None, **changes: Any) -> tuple[Method, Plan]:
    chosen = {key: changes[key] for key in ("objective", "penalty") if key in changes}
    return gan.build(setting(arrays, twin, **chosen), validate_section(GANParameters, GAN | changes, "train"))


def autoencoding(arrays: Path, **changes: Any) -> tuple[Method, Plan]:
    return vae.build(setting(arrays), validate_section(VAEParameters, VAE | changes, "pretrain"))


def trained(built: tuple[Method, Plan], checkpoint: Checkpoint | None = None) -> Outcome:
    with checkpoint or Checkpoint("stage", {}) as state:
        return run(*built, state)


@pytest.mark.parametrize("build", [adversarial, autoencoding])
@pytest.mark.parametrize("saves", [1, 3])
def test_a_killed_training_ends_with_the_bytes_of_one_that_was_not(build: Any, saves: int, arrays: Path) -> None:
    whole = trained(build(arrays))
    with pytest.raises(Killed):
        trained(build(arrays), KilledAfter(saves))
    resumed = trained(build(arrays))
    assert (resumed.history, resumed.flops) == (whole.history, whole.flops)
    for name, network in whole.networks.items():
        weights = resumed.networks[name].state_dict()
        assert all(torch.equal(weights[key], tensor) for key, tensor in network.state_dict().items())


def test_a_gan_learns_from_fresh_weights(arrays: Path) -> None:
    outcome = trained(adversarial(arrays, steps=80))
    assert outcome.best > outcome.history[0]["score"] / 2
    assert {"generator_loss", "discriminator_loss", "accuracy"} <= set(outcome.history[-1])


@pytest.mark.parametrize("objective", sorted(set(choices("promptgan.objectives")) - {"none"}))
@pytest.mark.parametrize("penalty", ["none", "gradient", "zero_centred"])
def test_every_objective_moves_both_players_with_every_penalty(objective: str, penalty: str, arrays: Path) -> None:
    method, _ = adversarial(arrays, objective=objective, penalty=penalty, penalty_weight=1.0, steps=20)
    before = {name: {k: t.clone() for k, t in n.state_dict().items()} for name, n in method.networks.items()}
    method.step(0)
    for name, network in method.networks.items():
        assert any(not torch.equal(before[name][key], tensor) for key, tensor in network.state_dict().items())


def test_five_critic_steps_and_a_generator_step_are_one_unit(arrays: Path) -> None:
    players = {"generator": PLAYER, "discriminator": PLAYER | {"steps": 5}}
    method, _ = adversarial(arrays, players=players)
    method.step(0)
    steps = {
        name: max(int(slot["step"]) for slot in method.state[f"{name}_optimizer"].state_dict()["state"].values())
        for name in ("generator", "discriminator")
    }
    assert steps == {"generator": 1, "discriminator": 5}


def test_it_goes_on_from_a_twin_only_where_it_is_told_to(arrays: Path) -> None:
    twin = trained(autoencoding(arrays)).networks
    fresh, _ = adversarial(arrays, twin)
    onward, plan = adversarial(arrays, twin, start="twin")
    assert onward.networks["generator"] is twin["generator"] and not plan.fresh
    assert fresh.networks["generator"] is not twin["generator"]
    with pytest.raises(ParameterError, match=r"train\.start: twin needs a generator"):
        adversarial(arrays, start="twin")


def test_an_autoencoder_learns_and_its_control_goes_on_for_what_it_may_cost(arrays: Path) -> None:
    outcome = trained(autoencoding(arrays))
    assert outcome.best < outcome.history[0]["val_loss"] - 1
    parameters = validate_section(VAEParameters, VAE, "pretrain")
    further = trained(vae.onward(setting(arrays, outcome.networks), parameters, 0.001, outcome.flops / 2, 0.5))
    assert further.stopped == "budget"
    assert 0.5 <= further.flops / outcome.flops < 0.6
    assert further.best <= outcome.best + 0.5


def test_an_autoencoder_that_diverges_is_an_error(arrays: Path) -> None:
    with pytest.raises((NothingLearnt, Exception), match=r"lower pretrain\.learning_rate"):
        trained(autoencoding(arrays, learning_rate=1e6))


def test_latent_sizes_must_agree(arrays: Path) -> None:
    sections = {**SECTIONS, "encoder": {**SECTIONS["encoder"], "latent": 7}}
    with pytest.raises(ParameterError, match=r"encoder\.latent: 7 is not generator\.latent, 4"):
        vae.build(replace(setting(arrays), sections=sections), validate_section(VAEParameters, VAE, "pretrain"))


def test_a_unit_of_work_draws_once_for_both_players(arrays: Path) -> None:
    players = {"generator": PLAYER | {"steps": 2}, "discriminator": PLAYER | {"steps": 3}}
    method, _ = adversarial(arrays, players=players)
    drawn: list[int] = []
    method.networks["generator"].register_forward_hook(lambda network, z, x: drawn.append(len(x)))
    method.step(0)
    assert drawn == [20] * 4  # three for the discriminator, the last of them for the generator too, and one more
