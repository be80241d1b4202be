"""Methods on arrays: they learn, a twin and players are parameters, and a killed training ends with the same bytes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from promptgan.core.choices import choices, choose
from promptgan.core.parameters import ParameterError, validate_section
from promptgan.core.spread import evenly
from promptgan.forms.tensors import form
from promptgan.forms.tensors.course import COURSE, FOLLOWED, course_of
from promptgan.forms.tensors.drawing import draw, noise, translate
from promptgan.tasks.image.score.score import Score
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.method import Method
from promptgan.training.loop.run import NothingLearnt, Outcome, Plan, run
from promptgan.training.methods.cyclegan import method as cyclegan
from promptgan.training.methods.cyclegan.parameters import Parameters as CycleParameters
from promptgan.training.methods.cyclegan.pool import Pool
from promptgan.training.methods.gan import method as gan
from promptgan.training.methods.gan.parameters import Parameters as GANParameters
from promptgan.training.methods.vae import method as vae
from promptgan.training.methods.vae.parameters import Parameters as VAEParameters
from promptgan.training.methods.vaegan import method as vaegan
from promptgan.training.methods.vaegan.parameters import Parameters as VAEGANParameters
from promptgan.training.setting import Setting
from tests.tasks.image.conftest import COMPUTE, CPU, SECTIONS
from tests.tasks.image.conftest import arrays as arrays
from tests.tasks.image.conftest import labelled_arrays as labelled_arrays
from tests.tasks.image.conftest import validated_images as validated_images
from tests.training.conftest import Killed, KilledAfter

PLAYER = {"learning_rate": 0.005, "betas": [0.5, 0.999], "weight_decay": 0.0, "clip": None, "steps": 1}
GAN: dict[str, Any] = {
    "method": "gan",
    "start": "fresh",
    "objective": "non_saturating",
    "penalty": "none",
    "penalty_weight": 0.0,
    "clip_weights": None,
    "auxiliary_weight": 0.0,
    "augment": [],
    "steps": 60,
    "batch": 20,
    "players": {"generator": PLAYER, "discriminator": PLAYER},
    "ema": 0.5,
    "validate_every": 20,
    "validation_count": 60,
    "patience": 9,
    "checkpoint_every": 7,
}
OF_GANS = {"clip_weights", "auxiliary_weight", "augment"}
VAEGAN: dict[str, Any] = {key: value for key, value in GAN.items() if key not in OF_GANS}
VAEGAN |= {"method": "vaegan", "reconstruction_weight": 0.1}
PLAIN: dict[str, Any] = {"likelihood": "bernoulli", "divergence_weight": 0.0, "anneal": 0, "free_bits": 0.0}
"""An autoencoder whose code is deterministic."""
VAE: dict[str, Any] = {
    "method": "vae",
    "epochs": 12,
    "batch": 20,
    "learning_rate": 0.01,
    "betas": [0.9, 0.999],
    "warmup": 3,
    "likelihood": "binarised",
    "divergence_weight": 1.0,
    "anneal": 10,
    "free_bits": 0.05,
    "validate_every": 18,
    "validation_count": 60,
    "min_gain": 0.0,
    "cut": 0.5,
    "patience": 3,
    "checkpoint_every": 7,
}


def setting(arrays: Path, start: dict[str, nn.Module] | None = None, **chosen: str) -> Setting:
    torch.manual_seed(1)
    val, example = form.split(arrays, "val"), form.example(arrays)
    judging = {**SECTIONS["discriminator"], "conditioning": chosen.get("conditioning", "none")}
    return Setting(
        form="tensors",
        example=example,
        sections={**SECTIONS, "discriminator": judging},
        start=start or {},
        train=form.split(arrays, "train"),
        val=val,
        compute=COMPUTE,
        seed=1,
        device=CPU,
        objective=choose("promptgan.objectives", chosen.get("objective", "non_saturating"), "train.objective"),
        penalty=choose("promptgan.penalties", chosen.get("penalty", "none"), "train.penalty"),
        score=Score(val, example, {}, 60, COMPUTE, 1),
    )


def adversarial(arrays: Path, twin: dict[str, nn.Module] | None = None, **changes: Any) -> tuple[Method, Plan]:
    chosen = {key: changes[key] for key in ("objective", "penalty", "conditioning") if key in changes}
    changes.pop("conditioning", None)
    return gan.build(setting(arrays, twin, **chosen), validate_section(GANParameters, GAN | changes, "train"))


def translating(arrays: Path, **changes: Any) -> tuple[Method, Plan]:
    resnet = {"network": "resnet", "width": 4, "halvings": 1, "blocks": 1}
    made = setting(arrays, objective="least_squares", penalty=changes.get("penalty", "none"))
    made = replace(made, sections={**made.sections, "generator": resnet})
    chosen = {key: GAN[key] for key in CycleParameters.model_fields if key in GAN} | {"method": "cyclegan"}
    chosen |= {"objective": "least_squares", "cycle_weight": 5.0, "identity_weight": 1.0, "pool": 30}
    return cyclegan.build(made, validate_section(CycleParameters, chosen | changes, "train"))


def guessing(arrays: Path) -> tuple[Method, Plan]:
    return adversarial(
        arrays, conditioning="auxiliary", auxiliary_weight=1.0, augment=["colour", "translation", "cutout"]
    )


def rolling(arrays: Path) -> tuple[Method, Plan]:
    roll = {"network": "piano_roll", "width": 8, "halvings": 2, "normalisation": "none"}
    made = setting(arrays, objective="wasserstein", penalty="gradient")
    players = {"generator": {**roll, "latent": 5, "conditioning": None}}
    players |= {"discriminator": {**roll, "latent": None, "conditioning": "none"}}
    made = replace(made, sections=players)
    made = replace(made, start={"generator": made.network("generator")})
    changes = {"start": "twin", "objective": "wasserstein", "penalty": "gradient", "penalty_weight": 10.0}
    return gan.build(made, validate_section(GANParameters, GAN | changes, "train"))


def autoencoding(arrays: Path, **changes: Any) -> tuple[Method, Plan]:
    return vae.build(setting(arrays), validate_section(VAEParameters, VAE | changes, "pretrain"))


def plain(arrays: Path, **changes: Any) -> tuple[Method, Plan]:
    return autoencoding(arrays, **PLAIN | changes)


def both(arrays: Path, twin: dict[str, nn.Module] | None = None, **changes: Any) -> tuple[Method, Plan]:
    chosen = {key: changes[key] for key in ("objective", "penalty") if key in changes}
    return vaegan.build(setting(arrays, twin, **chosen), validate_section(VAEGANParameters, VAEGAN | changes, "train"))


def trained(built: tuple[Method, Plan], checkpoint: Checkpoint | None = None) -> Outcome:
    with checkpoint or Checkpoint("stage", {}) as state:
        return run(*built, state)


@pytest.mark.parametrize("build", [adversarial, guessing, rolling, autoencoding, plain, both, translating])
def test_a_training_killed_twice_ends_with_the_bytes_of_one_that_was_not(
    build: Any, arrays: Path, labelled_arrays: Path
) -> None:
    arrays = labelled_arrays if build is guessing else arrays
    whole_method, again = build(arrays), build(arrays)
    whole = trained(whole_method)
    for saves in (1, 2):  # after the first one and, gone on from that, after the third
        with pytest.raises(Killed):
            trained(build(arrays), KilledAfter(saves))
    resumed = trained(again)
    assert (resumed.history, resumed.flops) == (whole.history, whole.flops)
    assert again[0].files == whole_method[0].files
    for name, network in whole.networks.items():
        weights = resumed.networks[name].state_dict()
        assert all(torch.equal(weights[key], tensor) for key, tensor in network.state_dict().items())


@pytest.mark.parametrize("build", [adversarial, autoencoding, plain, both, translating])
def test_the_same_inputs_are_followed_from_the_untrained_networks_to_the_last_ones(
    build: Any, arrays: Path, tmp_path: Path
) -> None:
    method, plan = build(arrays)
    outcome = trained((method, plan))
    (tmp_path / COURSE).write_bytes(method.files[COURSE])
    made = course_of(tmp_path)
    assert made is not None
    assert made.shape == (len(outcome.history), FOLLOWED, 1, 8, 8)
    assert len({frame.numpy().tobytes() for frame in made}) == len(made)
    if build is adversarial:
        z = noise(1, FOLLOWED, outcome.networks["generator"].latent)
        at = [row["step"] for row in outcome.history].index(outcome.best_step)
        assert torch.equal(made[at], draw(outcome.networks["generator"], z))


def test_a_gan_learns_from_fresh_weights(arrays: Path) -> None:
    outcome = trained(adversarial(arrays, steps=80))
    assert outcome.best > outcome.history[0]["score"] / 2
    assert {"generator_loss", "discriminator_loss", "accuracy"} <= set(outcome.history[-1])


@pytest.mark.parametrize("objective", sorted(set(choices("promptgan.objectives")) - {"none"}))
@pytest.mark.parametrize("penalty", ["none", "gradient", "zero_centred"])
@pytest.mark.parametrize("build", [adversarial, both])
def test_every_objective_moves_all_players_with_every_penalty(
    build: Any, objective: str, penalty: str, arrays: Path
) -> None:
    method, _ = build(arrays, objective=objective, penalty=penalty, penalty_weight=1.0, steps=20)
    before = {name: {k: t.clone() for k, t in n.state_dict().items()} for name, n in method.networks.items()}
    method.step(0)
    for name, network in method.networks.items():
        assert any(not torch.equal(before[name][key], tensor) for key, tensor in network.state_dict().items())


@pytest.mark.parametrize(("build", "one"), [(adversarial, "generator"), (both, "autoencoder")])
def test_five_critic_steps_and_a_generator_step_are_one_unit(build: Any, one: str, arrays: Path) -> None:
    players = {"generator": PLAYER, "discriminator": PLAYER | {"steps": 5}}
    method, _ = build(arrays, players=players)
    method.step(0)
    steps = {
        name: max(int(slot["step"]) for slot in method.state[f"{name}_optimizer"].state_dict()["state"].values())
        for name in (one, "discriminator")
    }
    assert steps == {one: 1, "discriminator": 5}


@pytest.mark.parametrize(("build", "names"), [(adversarial, ["generator"]), (both, ["generator", "encoder"])])
def test_it_goes_on_from_a_twin_only_where_it_is_told_to(build: Any, names: list[str], arrays: Path) -> None:
    twin = trained(autoencoding(arrays)).networks
    fresh, _ = build(arrays, twin)
    onward, plan = build(arrays, twin, start="twin")
    assert not plan.fresh
    for name in names:
        assert onward.networks[name] is twin[name]
        assert fresh.networks[name] is not twin[name]
    with pytest.raises(ParameterError, match=r"train\.start: twin needs"):
        build(arrays, start="twin")


def test_a_plain_autoencoder_is_no_twin_of_a_vae_gan(arrays: Path) -> None:
    twin = dict(plain(arrays)[0].networks)
    with pytest.raises(ParameterError, match="with a divergence_weight above 0"):
        both(arrays, twin, start="twin")


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


@pytest.mark.parametrize("conditioning", ["concat", "projection", "auxiliary"])
def test_a_generator_that_is_asked_for_a_side_gives_it(conditioning: str, labelled_arrays: Path) -> None:
    weight = 1.0 if conditioning == "auxiliary" else 0.0
    built = adversarial(
        labelled_arrays, conditioning=conditioning, auxiliary_weight=weight, steps=300, validate_every=100, ema=0.9
    )
    generator = trained(built).networks["generator"].eval()
    asked = torch.arange(2).repeat(50)
    drawn = draw(generator, noise(5, 100, 4), asked).float()  # type: ignore[arg-type]
    to_the_right = drawn[..., 4:].mean((1, 2, 3)) > drawn[..., :4].mean((1, 2, 3))
    assert (to_the_right == asked.bool()).float().mean() > 0.9


def test_weights_are_cut_after_each_step_of_the_critic(arrays: Path) -> None:
    method, _ = adversarial(arrays, objective="wasserstein", clip_weights=0.01)
    method.step(0)
    assert all(weight.abs().max() <= 0.01 for weight in method.networks["discriminator"].parameters())
    assert any(weight.abs().max() > 0.01 for weight in method.networks["generator"].parameters())


def test_an_autoencoder_reconstructs_on_a_condition(labelled_arrays: Path) -> None:
    outcome = trained(autoencoding(labelled_arrays))
    assert outcome.best < outcome.history[0]["val_loss"] - 1


def test_what_is_to_the_left_is_translated_to_the_right_and_back(arrays: Path) -> None:
    networks = trained(translating(arrays, steps=120, validate_every=40, ema=0.8)).networks
    val = form.split(arrays, "val")
    images = val.stored()
    for kind, way in enumerate(("generator", "generator_back")):
        translated = translate(networks[way].eval(), images[val.labels == kind]).float()  # type: ignore[arg-type]
        to_the_right = translated[..., 4:].mean((1, 2, 3)) > translated[..., :4].mean((1, 2, 3))
        assert (to_the_right == (kind == 0)).float().mean() > 0.9


@pytest.mark.parametrize("penalty", ["none", "gradient", "zero_centred"])
def test_all_four_networks_of_a_translation_move_in_a_unit_of_work(penalty: str, arrays: Path) -> None:
    players = {"generator": PLAYER | {"steps": 2}, "discriminator": PLAYER | {"steps": 3}}
    method, _ = translating(arrays, penalty=penalty, penalty_weight=1.0, players=players)
    before = {name: {k: t.clone() for k, t in n.state_dict().items()} for name, n in method.networks.items()}
    noted = method.step(0)
    assert ("penalty" in noted) == (penalty != "none") and len(before) == 4
    for name, network in method.networks.items():
        assert any(not torch.equal(before[name][key], tensor) for key, tensor in network.state_dict().items())
    for name, steps in (("generator", 2), ("discriminator", 3)):
        slots = method.state[f"{name}_optimizer"].state_dict()["state"].values()
        assert {int(slot["step"]) for slot in slots} == {steps}


def test_a_kind_of_fewer_images_than_a_batch_is_an_error(arrays: Path) -> None:
    with pytest.raises(ParameterError, match=r"train\.batch: 61 is more than the 60 of kind 0"):
        translating(arrays, batch=61)


def test_a_pool_gives_back_what_comes_until_it_is_full_then_half_of_the_time_what_was_there() -> None:
    torch.manual_seed(1)
    pool, images = Pool(10), torch.arange(600.0).view(600, 1, 1, 1)
    assert torch.equal(pool.exchanged(images[:6]), images[:6])
    given = torch.cat([pool.exchanged(part) for part in images[6:].split(6)]).flatten()
    assert torch.equal(given[:4], images[6:10].flatten())
    came, left = images[10:].flatten(), given[4:]
    assert 0.4 < (came == left).float().mean() < 0.6
    there = set(left.tolist()) | set(pool.images.flatten().tolist())  # type: ignore[union-attr]
    assert there >= set(came.tolist()) and len(pool.images) == 10  # type: ignore[arg-type]
    again = Pool(10)
    again.load_state_dict(pool.state_dict())
    assert torch.equal(again.images, pool.images)  # type: ignore[arg-type]


def test_a_unit_of_work_draws_once_for_both_players(arrays: Path) -> None:
    players = {"generator": PLAYER | {"steps": 2}, "discriminator": PLAYER | {"steps": 3}}
    method, _ = adversarial(arrays, players=players)
    drawn: list[int] = []
    method.networks["generator"].register_forward_hook(lambda network, z, x: drawn.append(len(x)))
    method.step(0)
    assert drawn == [20] * 4  # three for the discriminator, the last of them for the generator too, and one more


def test_the_gradient_is_that_of_the_annealed_bound_with_free_bits(
    arrays: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the formulas over the same random numbers."""
    method, _ = autoencoding(arrays, divergence_weight=2.0, anneal=4, free_bits=0.04)
    monkeypatch.setattr(method.player, "update", lambda: None)
    for k, weight in ((0, 0.5), (3, 2.0), (9, 2.0)):
        method.player.network.zero_grad()
        torch.manual_seed(k)
        reported = method.step(k)["train_loss"]
        ours = {name: parameter.grad.clone() for name, parameter in method.player.network.named_parameters()}

        method.player.network.zero_grad()
        torch.manual_seed(k)
        grey = method.batches[k].x
        x = torch.where(torch.rand_like(grey) < (grey + 1) / 2, 1.0, -1.0)
        mean, log_variance = method.encoder(x)
        z = mean + (log_variance / 2).exp() * torch.randn(20, 4)
        pixels = torch.distributions.Bernoulli(logits=method.generator.logits(z)).log_prob((x + 1) / 2)
        kl = (mean.square() + log_variance.exp() - 1 - log_variance).mean(0) / 2
        assert (kl > 0.04).any() and (kl < 0.04).any()
        (weight * torch.stack([each if each > 0.04 else 0.04 * torch.ones(()) for each in kl]).sum()
         - pixels.flatten(1).sum(1).mean()).backward()  # fmt: skip
        for name, parameter in method.player.network.named_parameters():
            torch.testing.assert_close(ours[name], parameter.grad, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(reported, 2 * kl.sum() - pixels.flatten(1).sum(1).mean())


def test_validation_has_the_final_weight_whatever_the_step_and_binarises_once(arrays: Path) -> None:
    rows = [
        autoencoding(arrays, **changes)[0]
        for changes in ({}, {"anneal": 0, "free_bits": 3.0}, {"divergence_weight": 3.0}, {"likelihood": "bernoulli"})
    ]
    first, same, heavier, grey = (method.validate(method.networks) for method in rows)
    assert first == same == rows[0].validate(rows[0].networks)
    assert heavier["val_loss"] == pytest.approx(first["val_loss"] + 2 * first["kl"], rel=1e-6)
    assert grey["val_loss"] != first["val_loss"]


def test_the_rate_is_not_cut_while_the_divergence_is_annealed(arrays: Path) -> None:
    method, _ = autoencoding(arrays, anneal=20)
    for step, loss in ((0, 4.0), (18, 5.0), (36, 6.0)):
        method.hear({"step": step, "val_loss": loss})
    assert method.cooling["cuts"] == 0
    method.hear({"step": 54, "val_loss": 6.1})
    assert method.cooling["cuts"] == 1


def test_free_bits_keep_the_latent_vector_in_use(arrays: Path) -> None:
    kept, lost = (trained(autoencoding(arrays, free_bits=bits)).history[-1] for bits in (2.0, 0.0))
    assert kept["kl"] > lost["kl"] + 1


def test_a_plain_autoencoder_reconstructs_from_the_mean_alone(arrays: Path) -> None:
    built = plain(arrays)
    built[0].encoder.register_forward_hook(lambda module, inputs, said: (said[0], said[1] + 1e4))  # no variance counts
    row = built[0].validate(built[0].networks)
    val = form.split(arrays, "val")
    x = val.batch(evenly(60, len(val))).x
    encoder, generator = built[0].encoder, built[0].generator
    logits = generator.logits(encoder(x)[0])
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, (x + 1) / 2, reduction="none")
    assert row == {"val_loss": pytest.approx(expected.flatten(1).sum(1).mean().item(), rel=1e-5)}
    outcome = trained(built)
    assert outcome.best < trained(autoencoding(arrays, likelihood="bernoulli")).best
    assert set(outcome.networks) == {"generator", "encoder_deterministic"}


@pytest.mark.parametrize("changes", [{"anneal": 5}, {"free_bits": 0.1}])
def test_a_plain_autoencoder_anneals_and_frees_nothing(changes: dict[str, Any], arrays: Path) -> None:
    with pytest.raises(ParameterError, match="leaves anneal and free_bits nothing to do"):
        plain(arrays, **changes)


def test_a_vae_gan_learns_and_gives_each_player_the_gradient_of_its_own_losses(
    arrays: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, _ = both(arrays)
    monkeypatch.setattr(method.autoencoder, "update", lambda: None)
    torch.manual_seed(3)
    batch = method.batches[0]
    noted = method._step_autoencoder(batch)
    ours = {name: parameter.grad.clone() for name, parameter in method.autoencoder.network.named_parameters()}

    torch.manual_seed(3)
    x = batch.x
    mean, log_variance = method.encoder(x)
    z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
    made, drawn = method.generator(z), method.generator(torch.randn_like(mean))
    kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2
    hidden = method.discriminator.features
    distance = (hidden(made) - hidden(x)).square().sum(1).mean() / 2
    softplus = torch.nn.functional.softplus
    fooled = (softplus(-method.discriminator(made)).mean() + softplus(-method.discriminator(drawn)).mean()) / 2
    losses = {"0": kl + distance, "1": 0.1 * distance + fooled}
    for name, parameter in method.autoencoder.network.named_parameters():
        (wanted,) = torch.autograd.grad(losses[name.split(".")[0]], parameter, retain_graph=True)
        torch.testing.assert_close(ours[name], wanted, atol=1e-6, rtol=1e-4)
    assert noted["generator_loss"].item() == pytest.approx(fooled.item(), rel=1e-5)
    assert all(parameter.grad is None for parameter in method.discriminator.parameters())

    history = trained(both(arrays)).history
    assert history[-1]["reconstruction"] >= 0
    assert max(row["score"] for row in history) > history[0]["score"] / 2
