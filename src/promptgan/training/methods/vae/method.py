"""Autoencoding: an encoder and a generator by the evidence lower bound, or by how well they reconstruct."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tensors.codes import DETERMINISTIC
from promptgan.forms.tensors.course import Course
from promptgan.forms.tensors.drawing import noise
from promptgan.forms.tensors.elbo import Terms, binarised, binarised_once, reconstruction, terms
from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.forms.tensors.statistics import recompute
from promptgan.forms.tensors.tensors import Batch, Batches, in_order
from promptgan.training.loop.cooling import STALE, Cooling, steady
from promptgan.training.loop.method import Limit, Method, Row, Value
from promptgan.training.loop.players import player
from promptgan.training.loop.run import Plan
from promptgan.training.methods.vae.parameters import Parameters
from promptgan.training.setting import Setting

MOST = 10**6
"""Steps of a training that its budget ends."""


class VAE(Method):
    """An encoder and a generator learn together (Kingma and Welling, 2014, arXiv:1312.6114).

    The divergence has a weight (Higgins et al., 2017, "beta-VAE"), which rises from zero (Bowman et al., 2016,
    arXiv:1511.06349), and some of it may be free (Kingma et al., 2016, arXiv:1606.04934). Validation knows the final
    weight alone, so that its rows compare; with a weight of 1 its loss is the bound.

    A final weight of 0 is a plain autoencoder. Nothing would then hold up the variance, so the latent vector is the
    encoder's mean, and the encoder is called `encoder_deterministic`: it gives no bound, and its codes have no prior.

    Args:
        setting: the two, and the examples.
        parameters: the `pretrain` section.
    """

    score, better = "val_loss", "lower"
    limits = (Limit("diverged", lambda row, start: row["val_loss"] > 2 * start["val_loss"]),)
    remedy = "lower pretrain.learning_rate, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.setting = parameters, setting
        self.random = parameters.divergence_weight > 0
        self.named = "encoder" if self.random else DETERMINISTIC
        self.averaged = ("generator", self.named)
        self.generator = cast("TensorGenerator", setting.network("generator"))
        self.encoder = cast("TensorEncoder", setting.network(self.named, "encoder"))
        if self.generator.latent != self.encoder.latent:
            raise ParameterError(
                [f"encoder.latent: {self.encoder.latent} is not generator.latent, {self.generator.latent}"]
            )
        both = nn.ModuleList([self.encoder, self.generator])
        self.player = player("autoencoder", both, parameters.learning_rate, parameters.betas, clip=None)
        self.cooling = Cooling(parameters)
        self.course = Course(setting.val, setting.compute, setting.seed)
        self.state = {
            "generator": self.generator,
            self.named: self.encoder,
            "optimizer": self.player.optimizer,
            "numbers": self.cooling,
            "course": self.course,
        }
        self.batches = Batches(setting.train, parameters.batch, setting.seed)

    def step(self, k: int) -> dict[str, Value]:
        """One batch; reports what validation does."""
        for group in self.player.optimizer.param_groups:
            group["lr"] = self.cooling.rate(k)
        batch = self.batches[k].to(self.setting.device)
        if self.p.likelihood == "binarised":
            batch = batch._replace(x=binarised(batch.x, torch.rand_like(batch.x)))
        with autocast(self.setting.compute):
            drawn = torch.randn(len(batch.x), self.generator.latent)
            found = self._terms(self.encoder, self.generator, batch, drawn)
        paid = found.divergence.mean(0).clamp_min(self.p.free_bits).sum()
        weight = self.p.divergence_weight * min(1.0, (k + 1) / max(1, self.p.anneal))
        loss: Tensor = found.reconstruction.mean() + weight * paid
        loss.backward()  # type: ignore[no-untyped-call]
        self.player.update()
        self.cooling["steps"] += 1
        return {"train_loss": found.total(self.p.divergence_weight).mean()}

    @torch.no_grad()
    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """The loss per validation example in nats, and the divergence in it before it is weighed.

        The random vectors are the same each time, and so are binarised pixels.
        """
        self.course.follow(networks)
        encoder = cast("TensorEncoder", networks[self.named])
        generator = cast("TensorGenerator", networks["generator"])
        drawn = noise(self.setting.seed, self.p.validation_count, generator.latent)
        batches = in_order(self.setting.val, 256, self.p.validation_count)
        if self.p.likelihood == "binarised":
            batches = binarised_once(batches)
        total, divergence, count = 0.0, 0.0, 0
        with autocast(self.setting.compute):
            for batch in batches:
                chosen = drawn[count : count + len(batch.x)]
                found = self._terms(encoder, generator, batch.to(self.setting.device), chosen)
                total += found.total(self.p.divergence_weight).sum().item()
                divergence += found.divergence.sum().item()
                count += len(batch.x)
        kl = {"kl": divergence / count} if self.random else {}
        return {"val_loss": total / count, **kl, **self.cooling.row()}

    def settle(self, averaged: Mapping[str, nn.Module]) -> None:
        """Statistics of training examples and of their reconstructions."""
        encoder = cast("TensorEncoder", averaged[self.named])
        generator = cast("TensorGenerator", averaged["generator"])

        def call(batch: Batch, z: Tensor) -> None:
            if self.p.likelihood == "binarised":
                (batch,) = binarised_once([batch])
            self._terms(encoder, generator, batch.to(self.setting.device), z)

        with autocast(self.setting.compute):
            recompute([encoder, generator], self.setting.train, self.setting.seed, generator.latent, call)

    def hear(self, row: Row) -> str | None:
        """As `Cooling.hear`, once the divergence has its whole weight: until then the loss may well get worse."""
        return self.cooling.hear(row["val_loss"]) if row["step"] >= self.p.anneal else None

    @property
    def files(self) -> dict[str, bytes]:
        """The course of what was made."""
        return self.course.files

    def _terms(self, encoder: TensorEncoder, generator: TensorGenerator, batch: Batch, drawn: Tensor) -> Terms:
        if self.random:
            return terms(encoder, generator, batch, drawn.to(batch.x.device))
        code = encoder(*batch)[0].float()  # the variance, which nothing trains, may be anything
        return Terms(reconstruction(generator, code, batch), torch.zeros_like(code))


def build(setting: Setting, parameters: Parameters) -> tuple[VAE, Plan]:
    """Training of a fresh encoder and generator."""
    method = VAE(setting, parameters)
    return method, _plan(method, steps=parameters.epochs * method.batches.per_epoch, fresh=True)


def onward(
    setting: Setting, parameters: Parameters, learning_rate: float, budget: float, ema: float
) -> tuple[VAE, Plan]:
    """Further training of ``setting.start``, until it has cost ``budget``, or nothing is better any more.

    Args:
        setting: as of `build`.
        parameters: of the training before.
        learning_rate: at which that ended.
        budget: floating-point operations.
        ema: decay of the moving averages of the weights, which are what is validated and kept.
    """
    method = VAE(setting, parameters.model_copy(update={**steady(learning_rate), "anneal": 0}))
    return method, _plan(method, steps=MOST, budget=budget, ema=ema, patience=STALE)


def _plan(method: VAE, **more: Any) -> Plan:
    return Plan(
        title="autoencoding",
        validate_every=method.p.validate_every,
        checkpoint_every=method.p.checkpoint_every,
        per_epoch=method.batches.per_epoch,
        **more,
    )
