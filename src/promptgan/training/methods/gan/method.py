"""Alternating adversarial training of a generator of arrays (Goodfellow et al., 2014, arXiv:1406.2661)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tensors.course import Course
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorGenerator
from promptgan.forms.tensors.slope import slope
from promptgan.forms.tensors.statistics import recompute
from promptgan.forms.tensors.tensors import Batch, Batches
from promptgan.training.adversarial.plan import planned
from promptgan.training.loop.method import Method, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.gan.augmentation import augmented
from promptgan.training.methods.gan.parameters import Parameters
from promptgan.training.setting import Setting


class GAN(Method):
    """A generator and a discriminator that learn from one another.

    In each unit of work the discriminator takes its steps, each on a batch of its own, then the generator its own, the
    first of them on what the discriminator saw last, which is drawn once.
    Networks and arrays have their channels last in memory, which convolutions are fastest with.

    Args:
        setting: networks, examples, objective, penalty and score.
        parameters: the `train` section.
    """

    averaged = ("generator",)
    remedy = "lower the learning rates of train.players, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.setting = parameters, setting
        self.generator = cast("TensorGenerator", setting.network("generator"))
        self.discriminator = cast("TensorDiscriminator", setting.network("discriminator"))
        for network in (self.generator, self.discriminator):
            network.to(memory_format=torch.channels_last)
        self.players = {
            "generator": parameters.players.generator.player("generator", self.generator),
            "discriminator": parameters.players.discriminator.player("discriminator", self.discriminator),
        }
        self.course = Course(setting.val, setting.compute, setting.seed)
        self.state = {
            **{name: player.network for name, player in self.players.items()},
            **{f"{name}_optimizer": player.optimizer for name, player in self.players.items()},
            "course": self.course,
        }
        self.batches = Batches(setting.train, parameters.batch, setting.seed)

    def step(self, k: int) -> dict[str, Value]:
        """The discriminator's steps, then the generator's."""
        noted: dict[str, Value] = {}
        turns = self.p.players.discriminator.steps
        for turn in range(turns):
            batch = self.batches[k * turns + turn].to(self.setting.device)
            with torch.set_grad_enabled(turn == turns - 1):
                fake = self._drawn(batch)
            noted |= self._step_discriminator(batch, fake.detach())
        for turn in range(self.p.players.generator.steps):
            noted |= self._step_generator(batch, self._drawn(batch) if turn else fake)
        return noted

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of what is drawn."""
        assert self.setting.score
        self.course.follow(networks)
        return self.setting.score(networks)

    def settle(self, averaged: Mapping[str, nn.Module]) -> None:
        """Statistics of what is drawn on the conditions of training examples."""
        generator, device = cast("TensorGenerator", averaged["generator"]), self.setting.device

        def call(batch: Batch, z: Tensor) -> None:
            generator(z.to(device), batch.to(device).condition)

        with autocast(self.setting.compute):
            recompute([generator], self.setting.train, self.setting.seed, generator.latent, call)

    @property
    def files(self) -> dict[str, bytes]:
        """The course of what it drew."""
        return self.course.files

    def _drawn(self, batch: Batch) -> Tensor:
        """As many arrays as a batch has, on its conditions."""
        z = torch.randn(len(batch.x), self.generator.latent, device=self.setting.device)
        with autocast(self.setting.compute):
            drawn: Tensor = self.generator(z, batch.condition)
        return drawn.float()

    def _judged(self, x: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits (N,) of arrays under the conditions of a batch, and how wrong an auxiliary classifier is there."""
        with autocast(self.setting.compute):
            logits, classes = self.discriminator.judged(augmented(x, self.p.augment), batch.condition)
        if classes is None or batch.condition is None:
            return logits.float(), logits.new_zeros(())
        return logits.float(), cross_entropy(classes.float(), batch.condition)

    def _step_discriminator(self, batch: Batch, fake: Tensor) -> dict[str, Value]:
        assert self.setting.objective
        (real_logits, wrong_real), (fake_logits, wrong_fake) = (self._judged(x, batch) for x in (batch.x, fake))
        loss: Tensor = self.setting.objective.discriminator_loss(real_logits, fake_logits)
        noted: dict[str, Value] = {
            "discriminator_loss": loss,
            "accuracy": (real_logits > fake_logits).float().mean(),
        }
        if self.p.auxiliary_weight:
            noted["auxiliary_loss"] = wrong_real
            loss = loss + self.p.auxiliary_weight * (wrong_real + wrong_fake)
        if self.p.penalty != "none":
            assert self.setting.penalty
            noted["penalty"] = penalty = slope(self.discriminator, self.setting.penalty, batch, fake)
            loss = loss + self.p.penalty_weight * penalty
        loss.backward()  # type: ignore[no-untyped-call]
        self.players["discriminator"].update()
        if (most := self.p.clip_weights) is not None:
            with torch.no_grad():
                for weight in self.discriminator.parameters():
                    weight.clamp_(-most, most)
        return noted

    def _step_generator(self, batch: Batch, fake: Tensor) -> dict[str, Value]:
        assert self.setting.objective
        self.discriminator.requires_grad_(False)
        fake_logits, wrong = self._judged(fake, batch)
        with torch.no_grad():
            real_logits = self._judged(batch.x, batch)[0] if self.setting.objective.RELATIVE else None
        loss: Tensor = self.setting.objective.generator_loss(real_logits, fake_logits)
        loss = loss + self.p.auxiliary_weight * wrong
        loss.backward()  # type: ignore[no-untyped-call]
        self.players["generator"].update()
        self.discriminator.requires_grad_(True)
        return {"generator_loss": loss}


def build(setting: Setting, parameters: Parameters) -> tuple[GAN, Plan]:
    """Adversarial training of a fresh generator, or of the twin's.

    Raises:
        ParameterError: it shall go on from a twin, and there is none.
    """
    fresh = parameters.start == "fresh"
    if not fresh and "generator" not in setting.start:
        raise ParameterError(["train.start: twin needs a generator that pretrain.method has trained, not none"])
    method = GAN(replace(setting, start={}) if fresh else setting, parameters)
    return method, planned("adversarial", parameters, keeps_start=fresh, fresh=fresh)
