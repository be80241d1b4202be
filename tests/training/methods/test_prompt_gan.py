"""A text GAN of prompts: its phases, what it draws, and that it learns."""

from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from promptgan.core.choices import choose
from promptgan.core.parameters import ParameterError, validate_section
from promptgan.networks import folder
from promptgan.networks.tokens.autoencoder.drawing import KEPT, Drawn, NothingKept, drawn, information, judged
from promptgan.networks.tokens.autoencoder.network import Generator
from promptgan.networks.tokens.autoencoder.parameters import Parameters as Autoencoder
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome, run
from promptgan.training.methods.prompt_gan.method import PromptGAN, build
from promptgan.training.methods.prompt_gan.parameters import Parameters
from promptgan.training.setting import Setting
from tests.training.conftest import COMPUTE
from tests.training.methods import test_classifier as classifiers

SECTION = {
    "network": "autoencoder",
    "embedding": 12,
    "width": 16,
    "latent": 4,
    "dropout": 0.0,
    "word_dropout": 0.2,
    "guidance": 0.0,
}
DISCRIMINATOR = {"network": "convolutional", "embedding": 12, "width": 8, "kernel": 3, "dropout": 0.1}
PLAYER = {"learning_rate": 0.005, "betas": [0.5, 0.98], "weight_decay": 0.0, "clip": 5.0, "steps": 1}
DRAWING = {"each": 30, "spread": 1.0, "temperature": 1.0, "agreement": 0.0, "near": 1.0}
VALUES: dict[str, Any] = {
    **classifiers.VALUES,
    "method": "prompt_gan",
    "objective": "non_saturating",
    "penalty": "none",
    "penalty_weight": 0.0,
    "steps": 20,
    "generator_batch": 16,
    "autoencoding": {"steps": 12, "player": PLAYER, "divergence_weight": 0.1, "anneal": 5},
    "competing": {
        "steps": 6,
        "warmup": 3,
        "players": {"generator": PLAYER, "discriminator": PLAYER},
        "temperature": 1.0,
        "likelihood_weight": 1.0,
    },
    "drawing": DRAWING,
    "share": 0.5,
    "share_end": 0.0,
}


def parameters(**changes: Any) -> Parameters:
    return validate_section(Parameters, VALUES | changes, "train")


def labelled(path: Path, **changes: Any) -> Setting:
    """As the classifier's, with all networks; the twin has not learnt anything."""
    setting = classifiers.labelled(path)
    sections = {**setting.sections, "generator": SECTION, "discriminator": DISCRIMINATOR}
    twin: dict[str, nn.Module] = {name: setting.network("encoder") for name in ("encoder", "encoder_start")}
    more = {"objective": choose("promptgan.objectives", changes.get("objective", "non_saturating"), "train.objective")}
    more["penalty"] = choose("promptgan.penalties", changes.get("penalty", "none"), "train.penalty")
    return replace(setting, sections=sections, start=twin, **more)


def trained(path: Path, checkpoint: Checkpoint | None = None, **changes: Any) -> tuple[PromptGAN, Outcome]:
    method, plan = build(labelled(path, **changes), parameters(**changes))
    with checkpoint or Checkpoint("stage", {}) as state:
        return method, run(method, plan, state)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return tmp_path / "labelled"


def test_the_phases_each_move_their_players_alone(texts: Path) -> None:
    method, _ = build(labelled(texts), parameters())
    nets = method.networks

    def moved(step: int) -> set[str]:
        before = {name: [x.clone() for x in net.state_dict().values()] for name, net in nets.items()}
        method.step(step)
        return {
            name for name, net in nets.items() if not all(map(torch.equal, before[name], net.state_dict().values()))
        }

    assert method.warmup == 21
    assert moved(-21) == {"generator"}
    assert moved(-9) == {"generator_start", "discriminator"}  # what the generator was before is kept
    assert moved(-7) == {"discriminator"}
    assert moved(-6) == {"generator", "discriminator"}
    assert moved(-1) == {"generator", "discriminator"}
    assert moved(0) == {"encoder"}
    assert method.pool.texts and set(method.pool.labels) == {0, 1, 2}


@pytest.mark.parametrize(("objective", "penalty"), [("relativistic", "none"), ("wasserstein", "gradient")])
def test_objectives_and_penalties_are_parameters(objective: str, penalty: str, texts: Path) -> None:
    setting = labelled(texts, objective=objective, penalty=penalty)
    method, _ = build(setting, parameters(objective=objective, penalty=penalty, penalty_weight=1.0))
    noted = method.step(-1)
    assert ("penalty" in noted) == (penalty != "none")
    assert torch.isfinite(torch.as_tensor(noted["generator_loss"])).all()


def test_what_is_judged_is_of_the_generator_with_nothing_dropped_out(
    texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, _ = build(labelled(texts), parameters())
    judged: list[torch.Tensor] = []
    monkeypatch.setattr(method.discrimination, "step", lambda batch, drawn, lengths: judged.append(drawn) or {})
    monkeypatch.setattr(method.writer, "update", lambda: None)
    losses = []
    for dropout in (0.5, 0.0):
        method.generator.dropout = dropout
        torch.manual_seed(3)
        losses.append(method.step(-1)["generator_loss"])
    assert method.generator.training
    assert torch.equal(*judged) and torch.equal(*losses)


def test_it_learns_to_write_and_the_classifier_learns_beside_it(texts: Path) -> None:
    steps = {"steps": 150, "player": {**PLAYER, "learning_rate": 0.01}, "divergence_weight": 0.05, "anneal": 20}
    method, outcome = trained(texts, autoencoding=steps, steps=60)
    assert outcome.best < 0.5  # nats, of 1.1
    assert outcome.history[-1]["kept"] == method.pool.share > 0.3
    setting = labelled(texts)
    batch = setting.train.batch(np.arange(60))
    generator = method.networks["generator_start"].eval()
    posterior = generator.posterior(batch.text, batch.text_lengths)
    features = generator(batch.prompt, batch.prompt_lengths, torch.full_like(batch.text[:, :1], 2), z=posterior.mean)
    first = generator.logits(features)[:, 0].argmax(-1)
    assert (first == batch.text[:, 0]).float().mean() > 0.2  # of 24 words, by its prompt alone


def test_without_a_twin_or_with_nothing_kept_it_says_so(texts: Path) -> None:
    with pytest.raises(ParameterError, match="needs what pretrain"):
        build(replace(labelled(texts), start={}), parameters())
    method, _ = build(labelled(texts), parameters(drawing={**DRAWING, "agreement": 1.0}))
    with pytest.raises(NothingKept, match="none of the texts drawn of label 0"):
        method.step(0)


def test_what_is_drawn_follows_from_its_arguments_and_labels_from_whose_prompts(texts: Path) -> None:
    torch.manual_seed(3)
    generator = folder.build("tokens", "generator", SECTION, classifiers.EXAMPLE).eval()
    known, labels = [[7, 8], [9, 10, 11], [12], [13, 14]], np.array([0, 0, 1, 1])
    one, again, other = (drawn(generator, known, labels, 20, 1.0, 1.0, seed) for seed in (1, 1, 2))
    assert one.texts == again.texts != other.texts
    assert one.labels.tolist() == [0] * 20 + [1] * 20
    assert set(one.sources[:20].tolist()) == {0, 1} and set(one.sources[20:].tolist()) == {2, 3}


def test_information_about_labels_is_counted_and_few_texts_say_little() -> None:
    texts, labels = [[7, 7, 8], [7], [8], [9], [8]], np.array([0, 0, 0, 2, 2])
    found = np.exp(information(texts, labels, 11))
    assert found.shape == (2, 11)
    assert found[:, 7] == pytest.approx([(2 + 2 * 0.6) / 4 / 0.6, (2 * 0.4) / 4 / 0.4])
    assert found[:, 8] == pytest.approx([(2 + 2 * 0.6) / 5 / 0.6, (1 + 2 * 0.4) / 5 / 0.4])
    assert found[:, 10] == pytest.approx(1)  # in no text
    often = np.exp(information(texts * 50, np.tile(labels, 50), 11))
    assert often[:, 7] == pytest.approx([1 / 0.6, 0], abs=0.02)


def test_guidance_makes_words_of_the_label_likelier_and_leaves_the_generator_as_it_is() -> None:
    known, labels = [[7, 8], [7, 9], [12, 8], [12, 9]] * 10, np.array([0, 0, 1, 1] * 10)

    def shares(guidance: float) -> list[float]:
        """Of 7 among the sevens and twelves of the texts of each label."""
        torch.manual_seed(3)
        generator = folder.build("tokens", "generator", {**SECTION, "guidance": guidance}, classifiers.EXAMPLE).eval()
        before = [x.clone() for x in generator.state_dict().values()]
        made = drawn(generator, known, labels, 200, 1.0, 1.0, 1)
        assert all(map(torch.equal, before, generator.state_dict().values()))
        counts = [Counter(chain.from_iterable(half)) for half in (made.texts[:200], made.texts[200:])]
        return [count[7] / (count[7] + count[12]) for count in counts]

    plain, guided = shares(0.0), shares(2.0)
    assert abs(plain[0] - plain[1]) < 0.1
    assert guided[0] > plain[0] + 0.2 and guided[1] < plain[1] - 0.2


def test_each_reason_that_the_filter_has() -> None:
    known = [[1, 2, 3, 4], [5, 6]]
    texts = [[], [1, 2, 3, 4], [1, 2, 3], [9], [9], [8, 7], [5, 9]]
    made = Drawn(texts, np.zeros(7, np.int64), np.array([0, 0, 0, 0, 0, 0, 1]))
    probabilities = np.array([[0.9, 0.1]] * 5 + [[0.2, 0.8]] + [[0.9, 0.1]])
    found = judged(made, known, probabilities, agreement=0.5, near=0.4)
    assert found == ["empty", "copy", "near copy", KEPT, "duplicate", "other label", KEPT]


def test_a_posterior_does_not_depend_on_the_rest_of_the_batch() -> None:
    torch.manual_seed(0)
    generator = Generator(Autoencoder(**SECTION), classifiers.EXAMPLE).eval()
    text = torch.tensor([[7, 8, 3, 0, 0], [9, 9, 9, 9, 3]])
    both = generator.posterior(text, torch.tensor([3, 5]))
    alone = generator.posterior(text[:1, :3], torch.tensor([3]))
    assert torch.allclose(both.mean[:1], alone.mean, atol=1e-6)
    assert COMPUTE.threads == 1
