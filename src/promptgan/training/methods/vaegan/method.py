"""Autoencoding beyond pixels: a VAE whose reconstructions are measured, and judged, by a discriminator."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.distributions import kl_divergence

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tensors.course import Course
from promptgan.forms.tensors.elbo import guessed, prior
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorEncoder, TensorGenerator
from promptgan.forms.tensors.slope import slope
from promptgan.forms.tensors.statistics import recompute
from promptgan.forms.tensors.tensors import Batch, Batches
from promptgan.training.adversarial.plan import planned
from promptgan.training.loop.method import Method, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.vaegan.parameters import Parameters
from promptgan.training.setting import Setting


class VAEGAN(Method):
    """An encoder, a generator and a discriminator (Larsen et al., 2016, arXiv:1512.09300, algorithm 1).

    A reconstruction is as good as its features in the discriminator are near those of the image: a normal likelihood of
    unit variance. The encoder learns from that and from the divergence, the generator from that and from the
    discriminator, which tells real images from reconstructions and from what is made of random vectors.

    In each unit of work the discriminator takes its steps, each on a batch of its own, then the other two theirs.

    Args:
        setting: networks, examples, objective, penalty and score.
        parameters: the `train` section.
    """

    averaged = ("generator", "encoder")
    remedy = "lower the learning rates of train.players, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.setting = parameters, setting
        self.generator = cast("TensorGenerator", setting.network("generator"))
        self.encoder = cast("TensorEncoder", setting.network("encoder"))
        self.discriminator = cast("TensorDiscriminator", setting.network("discriminator"))
        both = nn.ModuleList([self.encoder, self.generator])
        self.autoencoder = parameters.players.generator.player("autoencoder", both)
        self.critic = parameters.players.discriminator.player("discriminator", self.discriminator)
        self.course = Course(setting.val, setting.compute, setting.seed)
        self.state = {
            "generator": self.generator,
            "encoder": self.encoder,
            "discriminator": self.discriminator,
            "autoencoder_optimizer": self.autoencoder.optimizer,
            "discriminator_optimizer": self.critic.optimizer,
            "course": self.course,
        }
        self.batches = Batches(setting.train, parameters.batch, setting.seed)

    def step(self, k: int) -> dict[str, Value]:
        """The discriminator's steps, then those of encoder and generator."""
        noted: dict[str, Value] = {}
        turns = self.p.players.discriminator.steps
        for turn in range(turns):
            batch = self.batches[k * turns + turn].to(self.setting.device)
            noted |= self._step_discriminator(batch)
        self.discriminator.requires_grad_(False)
        for _ in range(self.p.players.generator.steps):
            noted |= self._step_autoencoder(batch)
        self.discriminator.requires_grad_(True)
        return noted

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of what is drawn."""
        assert self.setting.score
        self.course.follow(networks)
        return self.setting.score(networks)

    def settle(self, averaged: Mapping[str, nn.Module]) -> None:
        """Statistics of training examples; of the generator those of reconstructions and of what is drawn."""
        encoder = cast("TensorEncoder", averaged["encoder"])
        generator = cast("TensorGenerator", averaged["generator"])

        def call(batch: Batch, z: Tensor) -> None:
            batch, z = batch.to(self.setting.device), z.to(self.setting.device)
            guess = guessed(encoder, batch)
            generator(guess.mean + guess.stddev * z, batch.condition)
            generator(z, batch.condition)

        with autocast(self.setting.compute):
            recompute([encoder, generator], self.setting.train, self.setting.seed, generator.latent, call)

    @property
    def files(self) -> dict[str, bytes]:
        """The course of what it drew."""
        return self.course.files

    def _made(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Reconstructions of images, images of random vectors, and the divergence in nats, a scalar."""
        with autocast(self.setting.compute):
            guess = guessed(self.encoder, batch)
            reconstructed = self.generator(guess.rsample(), batch.condition).float()
            drawn = self.generator(torch.randn_like(guess.mean), batch.condition).float()
        return reconstructed, drawn, kl_divergence(guess, prior(guess)).sum(1).mean()

    def _judged(self, x: Tensor, condition: Tensor | None) -> tuple[Tensor, Tensor]:
        """Features (N, F) of arrays in the discriminator, and logits (N,)."""
        with autocast(self.setting.compute):
            features = self.discriminator.features(self.discriminator.read(x, condition))
            return features.float(), self.discriminator.scored(features, condition).float()

    def _step_discriminator(self, batch: Batch) -> dict[str, Value]:
        assert self.setting.objective
        with torch.no_grad():
            reconstructed, drawn, _ = self._made(batch)
        real_logits, again_logits, drawn_logits = (
            self._judged(x, batch.condition)[1] for x in (batch.x, reconstructed, drawn)
        )
        told = self.setting.objective.discriminator_loss
        # Halves, so that real images weigh as much as all others together.
        loss: Tensor = (told(real_logits, again_logits) + told(real_logits, drawn_logits)) / 2
        noted: dict[str, Value] = {
            "discriminator_loss": loss,
            "accuracy": (real_logits > drawn_logits).float().mean(),
        }
        if self.p.penalty != "none":
            assert self.setting.penalty
            noted["penalty"] = penalty = slope(self.discriminator, self.setting.penalty, batch, drawn)
            loss = loss + self.p.penalty_weight * penalty
        loss.backward()  # type: ignore[no-untyped-call]
        self.critic.update()
        return noted

    def _step_autoencoder(self, batch: Batch) -> dict[str, Value]:
        assert self.setting.objective
        condition = batch.condition
        reconstructed, drawn, divergence = self._made(batch)
        with torch.no_grad():
            features, real_logits = self._judged(batch.x, condition)
        again, again_logits = self._judged(reconstructed, condition)
        reconstruction = (again - features).square().sum(1).mean() / 2
        fooled = self.setting.objective.generator_loss
        drawn_logits = self._judged(drawn, condition)[1]
        adversarial = (fooled(real_logits, again_logits) + fooled(real_logits, drawn_logits)) / 2
        self._learn(self.encoder, divergence + reconstruction, goes_on=True)
        self._learn(self.generator, self.p.reconstruction_weight * reconstruction + adversarial)
        self.autoencoder.update()
        return {"generator_loss": adversarial, "reconstruction": reconstruction, "kl": divergence}

    @staticmethod
    def _learn(network: nn.Module, loss: Tensor, goes_on: bool = False) -> None:
        """Add the gradient of ``loss`` for one network alone; the graph is kept where it ``goes_on`` for another."""
        loss.backward(inputs=list(network.parameters()), retain_graph=goes_on)  # type: ignore[no-untyped-call]


def build(setting: Setting, parameters: Parameters) -> tuple[VAEGAN, Plan]:
    """Training of fresh networks, or of the twin's encoder and generator.

    Raises:
        ParameterError: it shall go on from a variational autoencoder, and there is none.
    """
    fresh = parameters.start == "fresh"
    if not fresh and not {"generator", "encoder"} <= setting.start.keys():
        raise ParameterError(
            ["train.start: twin needs what pretrain.method vae has trained, with a divergence_weight above 0"]
        )
    method = VAEGAN(replace(setting, start={}) if fresh else setting, parameters)
    return method, planned("adversarial", parameters, keeps_start=fresh, fresh=fresh)
