"""Variational autoencoding of texts: an encoder and a generator by the evidence lower bound, given the prompts."""

import math
from collections.abc import Mapping
from typing import cast

import torch
from torch import nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import latent_vectors
from promptgan.forms.tokens.elbo import active_units, encoded, negative_elbo
from promptgan.forms.tokens.latent import LatentGenerator, Normal, TextEncoder
from promptgan.forms.tokens.pairs import Batches, in_order
from promptgan.training.loop.cooling import Cooling
from promptgan.training.loop.method import Limit, Method, Row, Value
from promptgan.training.loop.players import player
from promptgan.training.loop.run import Plan
from promptgan.training.methods.text_vae.parameters import Parameters
from promptgan.training.setting import Setting


class TextVAE(Method):
    """An encoder and a generator of texts learn together (Bowman et al., 2016, arXiv:1511.06349).

    Two things keep the generator from ignoring its latent vector: the divergence's weight, which rises from zero, and
    the nats of it that are free (Kingma et al., 2016, arXiv:1606.04934). Validation knows neither: its loss is the
    bound. No adversarial phase follows this method, so it does not go `onward`.

    Args:
        setting: the two, and the pairs.
        parameters: the `pretrain` section.
    """

    score, better = "val_loss", "lower"
    limits = (Limit("diverged", lambda row, start: row["val_loss"] > 2 * start["val_loss"]),)
    remedy = "lower pretrain.learning_rate, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.setting = parameters, setting
        self.generator = cast("LatentGenerator", setting.network("generator"))
        self.encoder = cast("TextEncoder", setting.network("encoder"))
        if self.generator.latent != self.encoder.latent:
            raise ParameterError(
                [f"encoder.latent: {self.encoder.latent} is not generator.latent, {self.generator.latent}"]
            )
        both = nn.ModuleList([self.encoder, self.generator])
        self.player = player("autoencoder", both, parameters.learning_rate)
        self.cooling = Cooling(parameters)
        self.state = {
            "generator": self.generator,
            "encoder": self.encoder,
            "optimizer": self.player.optimizer,
            "numbers": self.cooling,
        }
        self.batches = Batches(setting.train, parameters.batch, setting.seed)

    def step(self, k: int) -> dict[str, Value]:
        """One batch; reports the bound's negative over tokens."""
        for group in self.player.optimizer.param_groups:
            group["lr"] = self.cooling.rate(k)
        batch = self.batches[k].to(self.setting.device)
        with autocast(self.setting.compute):
            posterior = encoded(self.encoder, batch)
            # The likelihood's gradient is in closed form and stops here; it goes on to the encoder with that of the
            # divergence.
            leaves = Normal(*(x.detach().requires_grad_() for x in posterior))
            z, over = leaves.at(torch.randn_like(leaves.mean)), self.batches.tokens
            nats, tokens = likelihood.backward(self.generator, batch, z=z, tokens=over)
        divergence = leaves.divergence()
        paid = divergence.mean(0).clamp_min(self.p.free_bits).sum() * len(batch)
        weight = min(1.0, (k + 1) / max(1, self.p.anneal))
        (paid * (weight / over)).backward()  # type: ignore[no-untyped-call]
        torch.autograd.backward(posterior, [x.grad for x in leaves])
        self.player.update()
        self.cooling["steps"] += 1
        return {"train_loss": (nats + divergence.sum().item(), tokens)}

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """The bound's negative per validation token; its divergence per text, in nats; and active units.

        The random vectors that choose the latent ones are the same each time.
        """
        encoder = cast("TextEncoder", networks["encoder"])
        generator = cast("LatentGenerator", networks["generator"])
        noise = latent_vectors(self.setting.seed, self.p.validation_count, generator.latent).to(self.setting.device)
        nats, tokens, means, divergence = 0.0, 0, [], 0.0
        with autocast(self.setting.compute):
            for batch in in_order(self.setting.val, 256, self.p.validation_count):
                chosen, noise = noise[: len(batch)], noise[len(batch) :]
                bound = negative_elbo(encoder, generator, batch.to(self.setting.device), chosen)
                nats, tokens = nats + bound.nats.item(), tokens + bound.tokens
                means.append(bound.posterior.mean)
                divergence += bound.posterior.divergence().sum().item()
        texts = torch.cat(means)
        return {
            "val_loss": nats / tokens,
            "kl": divergence / len(texts),
            "active_units": active_units(texts),
            **self.cooling.row(),
        }

    def hear(self, row: Row) -> str | None:
        """As `Cooling.hear`, once the divergence has its whole weight: until then the bound may well get worse."""
        return self.cooling.hear(row["val_loss"]) if row["step"] >= self.p.anneal else None


def build(setting: Setting, parameters: Parameters) -> tuple[TextVAE, Plan]:
    """Training of a fresh encoder and generator."""
    method = TextVAE(setting, parameters)
    return method, Plan(
        title="autoencoding",
        steps=math.ceil(parameters.epochs * method.batches.per_epoch),
        validate_every=parameters.validate_every,
        checkpoint_every=parameters.checkpoint_every,
        per_epoch=method.batches.per_epoch,
        fresh=True,
    )
