"""Autoencoding of texts: its gradient is that of the bound, it learns, and a used latent vector is worth its cost."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from promptgan.core.parameters import ParameterError, validate_section
from promptgan.forms.tokens.likelihood import real_positions
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.run import Outcome, run
from promptgan.training.methods.text_vae.method import TextVAE, build
from promptgan.training.methods.text_vae.parameters import Parameters
from promptgan.training.setting import Setting
from tests.training.conftest import setting

NETWORK: dict[str, Any] = {
    "network": "latent",
    "latent": 4,
    "embedding": 8,
    "width": 8,
    "dropout": 0.1,
    "word_dropout": 0.1,
}
VALUES: dict[str, Any] = {
    "method": "text_vae",
    "epochs": 8,
    "batch": 16,
    "learning_rate": 0.02,
    "warmup": 4,
    "anneal": 12,
    "free_bits": 0.05,
    "validate_every": 10,
    "validation_count": 60,
    "min_gain": 0.0,
    "cut": 0.5,
    "patience": 3,
    "checkpoint_every": 7,
}


def latent_setting(tokens: Path, **encoder: Any) -> Setting:
    """What the method is built from, with another encoder."""
    return replace(setting(tokens, {}), sections={"generator": NETWORK, "encoder": NETWORK | encoder})


def parameters(**changes: Any) -> Parameters:
    return validate_section(Parameters, VALUES | changes, "pretrain")


def trained(tokens: Path, **changes: Any) -> Outcome:
    torch.manual_seed(1)
    with Checkpoint("stage", {}) as state:
        return run(*build(latent_setting(tokens), parameters(**changes)), state)


def test_it_learns_and_reports_what_the_latent_vector_holds(tokens: Path) -> None:
    outcome = trained(tokens)
    first, last = outcome.history[0], outcome.history[-1]
    assert last["val_loss"] < first["val_loss"] - 1
    assert outcome.best == min(row["val_loss"] for row in outcome.history)
    assert last["kl"] > 0
    assert 0 <= last["active_units"] <= 4
    assert set(outcome.networks) == {"generator", "encoder"}


def test_free_bits_are_what_keeps_the_latent_vector_in_use(tokens: Path) -> None:
    kept, lost = (trained(tokens, free_bits=bits).history[-1] for bits in (0.5, 0.0))
    assert kept["kl"] > lost["kl"] + 0.5


@pytest.mark.parametrize(("k", "weight"), [(0, 1 / 12), (30, 1.0)])
def test_the_gradient_is_that_of_the_annealed_bound_with_free_bits(
    k: int, weight: float, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against autograd over the whole graph, with the same noise and no dropout."""
    here = latent_setting(tokens)
    plain = {"dropout": 0.0, "word_dropout": 0.0}
    sections = dict.fromkeys(("generator", "encoder"), NETWORK | plain)
    method = TextVAE(replace(here, sections=sections), parameters(free_bits=0.05))
    noise = torch.randn(16, 4)
    monkeypatch.setattr(torch, "randn_like", lambda mean: noise)
    monkeypatch.setattr(method.player, "update", lambda: None)
    method.step(k)
    names = dict(method.player.network.named_parameters())
    ours = {name: parameter.grad.clone() for name, parameter in names.items() if parameter.grad is not None}
    method.player.network.zero_grad()

    batch = method.batches[k]
    mean, log_variance = method.encoder(batch.prompt, batch.prompt_lengths, batch.text, batch.text_lengths)
    features, targets = real_positions(method.generator, batch, mean + (log_variance / 2).exp() * noise)
    nats = torch.nn.functional.cross_entropy(method.generator.logits(features), targets, reduction="sum")
    prior = torch.distributions.Normal(0.0, 1.0)
    posterior = torch.distributions.Normal(mean, (log_variance / 2).exp())
    by_entry = torch.distributions.kl_divergence(posterior, prior).mean(0)
    assert (by_entry > 0.05).any() and (by_entry < 0.05).any()
    paid = torch.stack([each if each > 0.05 else torch.tensor(0.05) for each in by_entry]).sum()
    ((nats + weight * paid * len(batch)) / len(targets)).backward()
    for name, parameter in names.items():
        torch.testing.assert_close(ours[name], parameter.grad, atol=1e-6, rtol=1e-4, msg=lambda m, n=name: f"{n}: {m}")


def test_the_rate_is_not_cut_while_the_divergence_is_annealed(tokens: Path) -> None:
    method, _ = build(latent_setting(tokens), parameters(anneal=20))
    for step, loss in ((0, 4.0), (10, 5.0), (20, 6.0), (30, 5.5)):
        method.hear({"step": step, "val_loss": loss})
    assert method.cooling["cuts"] == 0
    method.hear({"step": 40, "val_loss": 5.6})
    assert method.cooling["cuts"] == 1


def test_latent_sizes_must_agree(tokens: Path) -> None:
    with pytest.raises(ParameterError, match=r"encoder\.latent: 7 is not generator\.latent, 4"):
        build(latent_setting(tokens, latent=7), parameters())
