"""Variational autoencoding: an encoder and a generator by the evidence lower bound, until it stops improving."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tensors.drawing import noise
from promptgan.forms.tensors.elbo import negative_elbo
from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.forms.tensors.tensors import Batches, in_order
from promptgan.training.loop.cooling import Cooling
from promptgan.training.loop.method import Limit, Method, Row, Value
from promptgan.training.loop.players import player
from promptgan.training.loop.run import Plan
from promptgan.training.methods.vae.parameters import Parameters
from promptgan.training.setting import Setting

MOST = 10**6
"""Steps of a training that its budget ends."""


class VAE(Method):
    """An encoder and a generator learn together (Kingma and Welling, 2014, arXiv:1312.6114).

    Args:
        setting: the two, and the examples.
        parameters: the `pretrain` section.
    """

    averaged = ("generator", "encoder")
    score, better = "val_loss", "lower"
    limits = (Limit("diverged", lambda row, start: row["val_loss"] > 2 * start["val_loss"]),)
    remedy = "lower pretrain.learning_rate, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.setting = parameters, setting
        self.generator = cast("TensorGenerator", setting.network("generator"))
        self.encoder = cast("TensorEncoder", setting.network("encoder"))
        if self.generator.latent != self.encoder.latent:
            raise ParameterError(
                [f"encoder.latent: {self.encoder.latent} is not generator.latent, {self.generator.latent}"]
            )
        both = nn.ModuleList([self.encoder, self.generator])
        self.player = player("autoencoder", both, parameters.learning_rate, parameters.betas, clip=None)
        self.cooling = Cooling(parameters)
        self.state = {
            "generator": self.generator,
            "encoder": self.encoder,
            "optimizer": self.player.optimizer,
            "numbers": self.cooling,
        }
        self.batches = Batches(setting.train, parameters.batch, setting.seed)

    def step(self, k: int) -> dict[str, Value]:
        """One batch; reports the bound's negative over examples."""
        for group in self.player.optimizer.param_groups:
            group["lr"] = self.cooling.rate(k)
        batch = self.batches[k].to(self.setting.device)
        drawn = torch.randn(len(batch.x), self.generator.latent, device=self.setting.device)
        with autocast(self.setting.compute):
            loss = negative_elbo(self.encoder, self.generator, batch, drawn).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        self.player.update()
        self.cooling["steps"] += 1
        return {"train_loss": loss}

    @torch.no_grad()
    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """The bound's negative per validation example, with the same random vectors each time."""
        encoder = cast("TensorEncoder", networks["encoder"])
        generator = cast("TensorGenerator", networks["generator"])
        drawn = noise(self.setting.seed, self.p.validation_count, generator.latent).to(self.setting.device)
        total, count = 0.0, 0
        with autocast(self.setting.compute):
            for batch in in_order(self.setting.val, 256, self.p.validation_count):
                batch = batch.to(self.setting.device)
                noise_of = drawn[count : count + len(batch.x)]
                total += negative_elbo(encoder, generator, batch, noise_of).sum().item()
                count += len(batch.x)
        return {"val_loss": total / count, **self.cooling.row()}

    def hear(self, row: Row) -> str | None:
        """Cut the learning rate where a validation gained less than `min_gain`; stop after `patience` cuts."""
        return self.cooling.hear(row["val_loss"])


def build(setting: Setting, parameters: Parameters) -> tuple[VAE, Plan]:
    """Training of a fresh encoder and generator."""
    method = VAE(setting, parameters)
    return method, _plan(method, steps=parameters.epochs * method.batches.per_epoch, fresh=True)


def onward(
    setting: Setting, parameters: Parameters, learning_rate: float, budget: float, ema: float
) -> tuple[VAE, Plan]:
    """Further training of ``setting.start``, until it has cost ``budget`` floating-point operations.

    Args:
        setting: as of `build`.
        parameters: of the training before.
        learning_rate: at which that ended.
        budget: floating-point operations.
        ema: decay of the moving averages of the weights, which are what is validated and kept.
    """
    method = VAE(setting, parameters.model_copy(update={"learning_rate": learning_rate}))
    return method, _plan(method, steps=MOST, budget=budget, ema=ema)


def _plan(method: VAE, **more: Any) -> Plan:
    return Plan(
        title="autoencoding",
        validate_every=method.p.validate_every,
        checkpoint_every=method.p.checkpoint_every,
        per_epoch=method.batches.per_epoch,
        **more,
    )
