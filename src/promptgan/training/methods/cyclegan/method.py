"""Unpaired translation between two kinds of images by cycle consistency (Zhu et al., 2017, arXiv:1703.10593)."""

from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from promptgan.core.compute import autocast
from promptgan.core.parameters import ParameterError
from promptgan.forms.tensors.course import Course
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorTranslator
from promptgan.forms.tensors.slope import slope
from promptgan.forms.tensors.tensors import Batch, Batches
from promptgan.training.adversarial.plan import planned
from promptgan.training.loop.method import Method, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.cyclegan.parameters import Parameters
from promptgan.training.methods.cyclegan.pool import Pool
from promptgan.training.setting import Setting

WAYS = ("generator", "generator_back")
"""The translators from kind 0 to kind 1 and back; `discriminator` and `discriminator_back` judge what they make."""


class CycleGAN(Method):
    """Two translators, there and back, and a discriminator of what each makes.

    In a unit of work the translators take their steps on images of both kinds, then the discriminators theirs.

    Args:
        setting: networks, examples with labels 0 and 1, objective and score.
        parameters: the `train` section.
    """

    averaged = WAYS
    remedy = "lower the learning rates of train.players, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.setting = parameters, setting
        judges = tuple(way.replace("generator", "discriminator") for way in WAYS)
        self.translators = [cast("TensorTranslator", setting.network(way, "generator")) for way in WAYS]
        self.discriminators = [cast("TensorDiscriminator", setting.network(way, "discriminator")) for way in judges]
        both = {"generator": nn.ModuleList(self.translators), "discriminator": nn.ModuleList(self.discriminators)}
        self.players = {
            "generator": parameters.players.generator.player("generator", both["generator"]),
            "discriminator": parameters.players.discriminator.player("discriminator", both["discriminator"]),
        }
        self.pools = [Pool(parameters.pool) for _ in WAYS]
        self.course = Course(setting.val, setting.compute, setting.seed)
        self.state = {
            **dict(zip(WAYS, self.translators, strict=True)),
            **dict(zip(judges, self.discriminators, strict=True)),
            **{f"{name}_optimizer": player.optimizer for name, player in self.players.items()},
            **{f"pool_{way}": pool for way, pool in zip(WAYS, self.pools, strict=True)},
            "course": self.course,
        }
        kinds = [np.flatnonzero(setting.train.labels == kind) for kind in (0, 1)]
        for kind, found in enumerate(kinds):
            if len(found) < parameters.batch:
                raise ParameterError([f"train.batch: {parameters.batch} is more than the {len(found)} of kind {kind}"])
        self.batches = [Batches(setting.train, parameters.batch, setting.seed, chosen) for chosen in kinds]

    def step(self, k: int) -> dict[str, Value]:
        """The steps of both translators, each on batches of its own, then those of both discriminators on the last."""
        noted: dict[str, Value] = {}
        turns = self.p.players.generator.steps
        for turn in range(turns):
            real = [batches[k * turns + turn].to(self.setting.device) for batches in self.batches]
            found, drawn = self._step_translators([batch.x for batch in real])
            noted |= found
        for _ in range(self.p.players.discriminator.steps):
            noted |= self._step_discriminators(real, drawn)
        return noted

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of translations both ways."""
        assert self.setting.score
        self.course.follow(networks)
        return self.setting.score(networks)

    @property
    def files(self) -> dict[str, bytes]:
        """The course of what the first translator made."""
        return self.course.files

    def _step_translators(self, real: list[Tensor]) -> tuple[dict[str, Value], list[Tensor]]:
        assert self.setting.objective
        there, back = self.translators
        self.discriminators[0].requires_grad_(False)
        self.discriminators[1].requires_grad_(False)
        with autocast(self.setting.compute):
            drawn = [there(real[0]), back(real[1])]
            again = [back(drawn[0]), there(drawn[1])]
            same = [back(real[0]), there(real[1])] if self.p.identity_weight else real
            logits = [judge(x) for judge, x in zip(self.discriminators, drawn, strict=True)]
        fooled = sum(self.setting.objective.generator_loss(None, each.float()) for each in logits)
        cycle = _distance(again, real)
        identity = _distance(same, real)
        loss = fooled + self.p.cycle_weight * cycle + self.p.identity_weight * identity
        loss.backward()
        self.players["generator"].update()
        for judge in self.discriminators:
            judge.requires_grad_(True)
        noted: dict[str, Value] = {"generator_loss": fooled, "cycle_loss": cycle, "identity_loss": identity}
        return noted, [x.detach().float() for x in drawn]

    def _step_discriminators(self, real: list[Batch], drawn: list[Tensor]) -> dict[str, Value]:
        assert self.setting.objective
        losses, slopes, right = [], [], []
        # What goes there is judged beside real images of kind 1, and the reverse.
        for judge, batch, fake, pool in zip(self.discriminators, reversed(real), drawn, self.pools, strict=True):
            shown = pool.exchanged(fake)
            with autocast(self.setting.compute):
                true, false = judge(batch.x).float(), judge(shown).float()
            losses.append(self.setting.objective.discriminator_loss(true, false))
            if self.p.penalty != "none":
                assert self.setting.penalty
                slopes.append(slope(judge, self.setting.penalty, Batch(batch.x, None), shown))
            right.append((true > false).float().mean())
        loss: Tensor = torch.stack(losses).sum()
        noted: dict[str, Value] = {"discriminator_loss": loss, "accuracy": torch.stack(right).mean()}
        if slopes:
            noted["penalty"] = penalty = torch.stack(slopes).sum()
            loss = loss + self.p.penalty_weight * penalty
        loss.backward()  # type: ignore[no-untyped-call]
        self.players["discriminator"].update()
        return noted


def _distance(ours: list[Tensor], real: list[Tensor]) -> Tensor:
    """Mean absolute difference of pixels, summed over the kinds."""
    return torch.stack([l1_loss(a.float(), b) for a, b in zip(ours, real, strict=True)]).sum()


def build(setting: Setting, parameters: Parameters) -> tuple[CycleGAN, Plan]:
    """Training of fresh networks.

    Raises:
        ParameterError: a kind of images has fewer than a batch.
    """
    return CycleGAN(setting, parameters), planned("translation", parameters, fresh=True)
