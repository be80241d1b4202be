"""The loop: what every method is promised, killed or not, and what ends a training."""

import math
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from promptgan.core.choices import choose
from promptgan.core.parameters import validate_section
from promptgan.forms.tokens.pairs import Pairs
from promptgan.networks import folder
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters as DiscriminatorParameters
from promptgan.networks.tokens.recurrent.network import Generator
from promptgan.networks.tokens.recurrent.parameters import Parameters as GeneratorParameters
from promptgan.tasks.text.judges import judges
from promptgan.tasks.text.score.score import Score
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.method import Limit, Method, Player, Row, Value
from promptgan.training.loop.run import Interrupted, NonFiniteTraining, NothingLearnt, Outcome, Plan, run
from promptgan.training.methods.classifier import method as classifier
from promptgan.training.methods.continued import method as continued
from promptgan.training.methods.cooperative import method as cooperative
from promptgan.training.methods.cooperative.parameters import Parameters as CooperativeParameters
from promptgan.training.methods.dense_rewards import method as dense_rewards
from promptgan.training.methods.gumbel import method as gumbel
from promptgan.training.methods.gumbel.parameters import Parameters as GumbelParameters
from promptgan.training.methods.likelihood import method as likelihood
from promptgan.training.methods.policy_gradient import method as policy_gradient
from promptgan.training.methods.policy_gradient.parameters import Parameters as PolicyGradientParameters
from promptgan.training.methods.prompt_gan import method as prompt_gan
from promptgan.training.methods.residual import method as residual
from promptgan.training.methods.residual.parameters import Parameters as ResidualParameters
from promptgan.training.methods.text_vae import method as text_vae
from promptgan.training.methods.transfer import method as transfer
from promptgan.training.setting import Setting
from tests.conftest import DISCRIMINATOR, EXAMPLE, GENERATOR
from tests.language_models import language_model
from tests.tasks.text import test_judges
from tests.training.conftest import COMPUTE, Killed, KilledAfter, setting
from tests.training.methods import (
    test_classifier,
    test_continued,
    test_cooperative,
    test_dense_rewards,
    test_gumbel,
    test_likelihood,
    test_policy_gradient,
    test_prompt_gan,
    test_residual,
    test_text_vae,
    test_transfer,
)

Left = tuple[list[Row] | dict[str, Any], dict[str, torch.Tensor]]
"""What a training leaves: its history or metrics, and weights."""


def fresh() -> dict[str, nn.Module]:
    return {"generator": Generator(GeneratorParameters(**GENERATOR), EXAMPLE)}


def left(outcome: Outcome, method: Method) -> Left:
    networks = {**outcome.networks, **{f"{name}_raw": network for name, network in method.networks.items()}}
    weights = {f"{n}/{key}": tensor for n, network in networks.items() for key, tensor in network.state_dict().items()}
    return [*outcome.history, {"flops": outcome.flops}], weights


def trained_likelihood(tokens: Path, checkpoint: Checkpoint) -> Left:
    method, plan = likelihood.build(setting(tokens, fresh()), test_likelihood.PARAMETERS)
    return left(run(method, plan, checkpoint), method)


def trained_on_a_corpus(tokens: Path, checkpoint: Checkpoint) -> Left:
    """14 steps over the corpus, between those after which the tests kill, then the pairs."""
    here = replace(setting(tokens, fresh()), corpus=(Pairs(tokens / "test.arrow"), 1.5))
    method, plan = likelihood.build(here, test_likelihood.PARAMETERS)
    return left(run(method, plan, checkpoint), method)


def trained_control(tokens: Path, checkpoint: Checkpoint) -> Left:
    method, plan = likelihood.onward(setting(tokens, fresh()), test_likelihood.PARAMETERS, 0.02, 5e7, 0.9)
    return left(run(method, plan, checkpoint), method)


def trained_gumbel(tokens: Path, checkpoint: Checkpoint) -> Left:
    band = {"generator_below": 0.5, "discriminator_above": 0.55}  # so that who waits depends on what was before
    parameters = validate_section(GumbelParameters, test_gumbel.VALUES | {"waiting": band}, "train")
    method, plan = gumbel.build(adversarial(tokens), parameters)
    return left(run(method, plan, checkpoint), method)


def trained_cooperative(tokens: Path, checkpoint: Checkpoint) -> Left:
    parameters = validate_section(CooperativeParameters, test_cooperative.VALUES, "train")
    method, plan = cooperative.build(adversarial(tokens), parameters)
    return left(run(method, plan, checkpoint), method)


def adversarial(tokens: Path, name: str = "hinge") -> Setting:
    start = fresh()
    start["discriminator"] = Discriminator(DiscriminatorParameters(**DISCRIMINATOR), EXAMPLE)
    objective = choose("promptgan.objectives", name, "train.objective")
    here = setting(tokens, start, objective=objective, penalty=choose("promptgan.penalties", "none", ""))
    return replace(here, score=Score(here.val, EXAMPLE, start, 16, COMPUTE, 1))


def trained_policy_gradient(tokens: Path, checkpoint: Checkpoint) -> Left:
    parameters = validate_section(PolicyGradientParameters, test_policy_gradient.VALUES, "train")
    method, plan = policy_gradient.build(adversarial(tokens), parameters)
    return left(run(method, plan, checkpoint), method)


def trained_dense_rewards(tokens: Path, checkpoint: Checkpoint) -> Left:
    method, plan = dense_rewards.build(*test_dense_rewards.built(tokens, fresh(), start="twin"))
    return left(run(method, plan, checkpoint), method)


def trained_text_vae(tokens: Path, checkpoint: Checkpoint) -> Left:
    method, plan = text_vae.build(test_text_vae.latent_setting(tokens), test_text_vae.parameters())
    return left(run(method, plan, checkpoint), method)


def trained_residual(tokens: Path, checkpoint: Checkpoint) -> Left:
    parameters = validate_section(ResidualParameters, test_residual.VALUES, "train")
    method, plan = residual.build(adversarial(tokens, "non_saturating"), parameters)
    return left(run(method, plan, checkpoint), method)


def trained_transfer(tokens: Path, checkpoint: Checkpoint) -> Left:
    method, plan = transfer.build(*test_transfer.built(test_transfer.styled(tokens, Path("styled")), fresh()))
    return left(run(method, plan, checkpoint), method)


def trained_adapters(tokens: Path, checkpoint: Checkpoint) -> Left:
    language_model(Path("base"))
    section = {"network": "huggingface", "weights": "float32", "rank": 2, "scale": 1.0, "blocks": 2, "dropout": 0.1}
    here, example = adversarial(tokens), replace(EXAMPLE, base=Path("base"))
    start = {role: folder.build("tokens", role, section, example) for role in ("generator", "discriminator")}
    score = Score(here.val, example, start, 16, COMPUTE, 1)
    parameters = validate_section(CooperativeParameters, test_cooperative.VALUES, "train")
    method, plan = cooperative.build(replace(here, example=example, start=start, score=score), parameters)
    return left(run(method, plan, checkpoint), method)


def trained_classifier(tokens: Path, checkpoint: Checkpoint) -> Left:
    """Killed where masked tokens end and labels begin, and behind."""
    changes = {"perturbation": test_classifier.VIRTUAL, "masked": {**test_classifier.MASKED, "epochs": 0.8}}
    here = test_classifier.labelled(Path("labelled"))
    method, plan = classifier.build(here, test_classifier.parameters(steps=20, **changes))
    return left(run(method, plan, checkpoint), method)


def trained_classifier_on_a_corpus(tokens: Path, checkpoint: Checkpoint) -> Left:
    """Killed among the masked tokens."""
    ascent = {"kind": "freelb", "radius": 0.2, "step_size": 0.1, "steps": 2}
    plateau = {"kind": "plateau", "min_gain": 0.1, "cut": 0.5, "cuts": 3}
    changes = {"masked": test_classifier.MASKED, "ema": 0.8, "rate": plateau, "perturbation": ascent}
    here = test_classifier.labelled(Path("labelled"))
    here = replace(here, corpus=(Pairs(Path("labelled/corpus.arrow")), 1.5))
    parameters = test_classifier.parameters(steps=30, augmentation=test_classifier.AUGMENTED, **changes)
    method, plan = classifier.build(here, parameters)
    return left(run(method, plan, checkpoint), method)


def trained_prompt_gan(tokens: Path, checkpoint: Checkpoint) -> Left:
    """Killed among the prompts' autoencoder and the GAN, and behind."""
    method, plan = prompt_gan.build(test_prompt_gan.labelled(Path("labelled")), test_prompt_gan.parameters())
    return left(run(method, plan, checkpoint), method)


def trained_continued(tokens: Path, checkpoint: Checkpoint) -> Left:
    method, plan = continued.build(test_continued.begun(tokens, Path("base")), test_continued.parameters())
    return left(run(method, plan, checkpoint), method)


def trained_matcher(tokens: Path, checkpoint: Checkpoint) -> Left:
    pairs, cpu = Pairs(tokens / "judge.arrow"), torch.device("cpu")
    fitted = judges.fit(pairs, EXAMPLE, test_judges.PARAMETERS, COMPUTE, 1, cpu, checkpoint)
    return fitted.metrics, fitted.matcher.state_dict()


METHODS = {
    "likelihood": trained_likelihood,
    "corpus": trained_on_a_corpus,
    "control": trained_control,
    "continued": trained_continued,
    "gumbel": trained_gumbel,
    "cooperative": trained_cooperative,
    "policy gradient": trained_policy_gradient,
    "dense rewards": trained_dense_rewards,
    "text vae": trained_text_vae,
    "residual": trained_residual,
    "transfer": trained_transfer,
    "adapters": trained_adapters,
    "classifier": trained_classifier,
    "classifier on a corpus": trained_classifier_on_a_corpus,
    "prompt gan": trained_prompt_gan,
    "matcher": trained_matcher,
}


@pytest.mark.parametrize("method", METHODS)
def test_a_training_killed_twice_ends_with_the_bytes_of_one_that_was_not(method: str, tokens: Path) -> None:
    def trained(checkpoint: Checkpoint) -> Left:
        torch.manual_seed(1)
        with checkpoint:
            return METHODS[method](tokens, checkpoint)

    numbers, weights = trained(Checkpoint("stage", {}))
    for _ in range(2):  # after the first save and, gone on from that, after the second
        with pytest.raises(Killed):
            trained(KilledAfter(1))
    resumed_numbers, resumed_weights = trained(Checkpoint("stage", {}))
    assert resumed_numbers == numbers
    assert resumed_weights.keys() == weights.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in resumed_weights.items())


class Slope(Method):
    """One weight that goes down a slope; its score is how far."""

    remedy = "lower the rate"

    def __init__(self, gradient: Callable[[int], float] = lambda k: -1.0) -> None:
        self.gradient = gradient
        self.network = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.network.weight)
        self.player = Player("walker", self.network, torch.optim.SGD(self.network.parameters(), 1.0), clip=None)
        self.state = {"network": self.network}

    def step(self, k: int) -> Mapping[str, Value]:
        self.network.weight.grad = torch.full((1, 1), self.gradient(k))
        self.player.update()
        return {"loss": torch.tensor(float(k))}

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        return {"score": self.network.weight.item()}


def walked(method: Slope, **changes: Any) -> Outcome:
    plan = Plan(**{"title": "walk", "steps": 8, "validate_every": 2, "checkpoint_every": 2, **changes})
    with Checkpoint("walk", {}) as checkpoint:
        return run(method, plan, checkpoint)


def test_it_leaves_the_weights_of_the_best_validation() -> None:
    method = Slope(lambda k: -1.0 if k < 4 else 1.0)
    outcome = walked(method)
    assert [row["score"] for row in outcome.history] == [0, 2, 4, 2, 0]
    assert (outcome.best, outcome.best_step, outcome.stopped, outcome.steps) == (4, 4, "limit", 8)
    assert method.network.weight.item() == 4
    assert [row.get("loss") for row in outcome.history] == [None, 0.5, 2.5, 4.5, 6.5]


@pytest.mark.parametrize("warmup", [0, 13])
def test_a_first_unit_that_costs_a_hundred_times_the_others_stands_for_itself_alone(warmup: int) -> None:
    class Drawing(Slope):
        def step(self, k: int) -> Mapping[str, Value]:
            for _ in range(100 if k in (-warmup, 0) else 2 if k < 0 else 1):
                torch.ones(2, 3) @ torch.ones(3, 4)
            return super().step(k)

    product = 2 * 2 * 3 * 4
    units = 100 + 29 + (100 + 12 * 2 if warmup else 0)
    assert walked(Drawing(), steps=30, warmup=warmup).flops == units * product


def test_the_first_row_holds_means_of_training_and_of_what_the_warmup_alone_reports() -> None:
    class Warming(Slope):
        def step(self, k: int) -> Mapping[str, Value]:
            return {**super().step(k), **({"warm_loss": (5.0 * k, 5)} if k < 0 else {})}

    rows = walked(Warming(), warmup=3).history
    assert [row.get("loss") for row in rows] == [None, 0.5, 2.5, 4.5, 6.5]
    assert [row.get("warm_loss") for row in rows] == [None, -2.0, None, None, None]


def test_patience_ends_it() -> None:
    outcome = walked(Slope(lambda k: -1.0 if k < 2 else 1.0), patience=2)
    assert (outcome.stopped, outcome.steps) == ("patience", 6)


def test_a_guard_ends_it_and_its_weights_are_not_kept_where_there_are_others() -> None:
    method = Slope()
    method.limits = (Limit("far", lambda row, start: row["score"] > start["score"] + 3),)
    outcome = walked(method)
    assert (outcome.stopped, outcome.steps, outcome.best_step) == ("far", 4, 2)
    assert method.network.weight.item() == 2


def test_fresh_weights_that_are_never_beaten_are_an_error_with_the_remedy() -> None:
    with pytest.raises(NothingLearnt, match=r"score was 0\.0000 before training and -8\.0000 at step 8\n.*lower"):
        walked(Slope(lambda k: 1.0), fresh=True)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_gradient_that_is_not_finite_reaches_neither_weights_nor_checkpoint(bad: float) -> None:
    method = Slope(lambda k: bad if k == 5 else -1.0)
    with pytest.raises(NonFiniteTraining, match=r"the gradient of the walker is not finite at step 5; .*\n.*lower"):
        walked(method)
    assert method.network.weight.item() == 5
    with Checkpoint("walk", {}) as checkpoint:
        saved = checkpoint.load()
    assert saved is not None
    assert (saved["now"]["step"], saved["parts"]["network"]["weight"].item()) == (4, 4)


def test_a_value_that_is_not_finite_stops_it() -> None:
    class Losing(Slope):
        def step(self, k: int) -> Mapping[str, Value]:
            return {**super().step(k), "loss": torch.tensor(math.nan if k == 3 else 1.0)}

    with pytest.raises(NonFiniteTraining, match="loss is not finite at step 3"):
        walked(Losing())


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_the_step_it_came_in_and_the_next_run_goes_on(signum: int) -> None:
    def gradient(k: int) -> float:
        if k == 2 and not came:
            came.append(k)
            os.kill(os.getpid(), signum)
        return -1.0

    came: list[int] = []
    with pytest.raises(Interrupted, match="interrupted after step 3, and saved") as caught:
        walked(Slope(gradient))
    assert caught.value.exit_code == 128 + signum
    assert walked(Slope(gradient)).best == 8
