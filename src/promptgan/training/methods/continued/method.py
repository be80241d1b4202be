"""Learning on: likelihood training from the weights of a served model, on new pairs, with replay of known ones.

Each batch holds new pairs and a random draw of those that the model was trained on before (experience replay: Rolnick
et al., 2019, arXiv:1811.11682), so that the gradient of what it knows is there in each step.
"""

import math
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from torch import nn

from promptgan.core.compute import autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.pairs import Batches
from promptgan.training.loop.cooling import STALE, Cooling, steady
from promptgan.training.loop.method import Limit, Method, Row, Value
from promptgan.training.loop.players import player
from promptgan.training.loop.run import Plan
from promptgan.training.methods.continued import start
from promptgan.training.methods.continued.parameters import Parameters
from promptgan.training.setting import Setting

MOST = 10**6
"""Steps of a training that its budget ends."""
CHUNK = 256
"""Pairs that a validation reads at once."""


class Continued(Method):
    """Teacher forcing on new pairs and replayed ones, each with its share of the gradient.

    Where there are no new pairs, or no known ones, the others are all of a batch. Validation is on known and new pairs
    by themselves, so that the curve shows what is forgotten and what is learnt.

    Args:
        setting: its generator is trained in place.
        parameters: the `pretrain` section.
        begun: which records are known.
    """

    averaged = ("generator",)
    score, better = "val_loss", "lower"
    limits = (Limit("diverged", lambda row, start: row["val_loss"] > start["val_loss"] + 1),)
    remedy = "lower pretrain.learning_rate, or set compute.precision to float32"

    def __init__(self, setting: Setting, parameters: Parameters, begun: start.Start) -> None:
        self.setting, self.p = setting, parameters
        self.generator = cast("TextGenerator", setting.network("generator"))
        self.player = player("generator", self.generator, parameters.learning_rate)
        self.cooling = Cooling(parameters)
        self.state = {"generator": self.generator, "optimizer": self.player.optimizer, "numbers": self.cooling}
        shares = {"known": 1 - parameters.new_share, "new": parameters.new_share}
        parts = dict(zip(shares, start.parted(setting.train.ids, begun), strict=True))
        held = dict(zip(shares, start.parted(setting.val.ids, begun), strict=True))
        self.train = {name: rows for name, rows in parts.items() if len(rows)}
        self.val = {name: rows[: parameters.validation_count] for name, rows in held.items() if len(rows)}
        self.shares = {name: shares[name] / sum(shares[each] for each in self.train) for name in self.train}
        self.weights = {name: shares[name] / sum(shares[each] for each in self.val) for name in self.val}
        self.batches = {
            name: Batches(setting.train, max(1, round(share * parameters.batch)), setting.seed, self.train[name])
            for name, share in self.shares.items()
        }

    @property
    def per_epoch(self) -> int:
        """Steps of a pass over the new pairs; over the known ones where there are no new ones."""
        return self.batches.get("new", self.batches.get("known")).per_epoch  # type: ignore[union-attr]

    def step(self, k: int) -> dict[str, Value]:
        """One batch of each kind; reports NLL over tokens."""
        for group in self.player.optimizer.param_groups:
            group["lr"] = self.cooling.rate(k)
        nats, tokens = 0.0, 0
        with autocast(self.setting.compute):
            for name, share in self.shares.items():
                batch = self.batches[name][k].to(self.setting.device)
                nll, count = likelihood.backward(self.generator, batch, share, tokens=self.batches[name].tokens)
                nats, tokens = nats + nll, tokens + count
        self.player.update()
        self.cooling["steps"] += 1
        return {"train_loss": (nats, tokens)}

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """NLL per token of known and of new validation pairs, and of both by their shares; the learning rate."""
        generator = cast("TextGenerator", networks["generator"])
        generator.eval()
        losses = {name: self._nll(generator, rows) for name, rows in self.val.items()}
        together = sum(self.weights[name] * loss for name, loss in losses.items())
        return {"val_loss": together, **{f"val_loss_{name}": x for name, x in losses.items()}, **self.cooling.row()}

    def hear(self, row: Row) -> str | None:
        """As `Cooling.hear`."""
        return self.cooling.hear(row["val_loss"])

    def _nll(self, generator: TextGenerator, rows: start.Indices) -> float:
        pairs = self.setting.val
        order = rows[np.argsort(pairs.lengths[rows], kind="stable")]
        total, tokens = 0.0, 0
        with autocast(self.setting.compute):
            for begin in range(0, len(order), CHUNK):
                batch = pairs.batch(order[begin : begin + CHUNK]).to(self.setting.device)
                nats, count = likelihood.nll(generator, batch)
                total, tokens = total + nats.item(), tokens + count
        return total / tokens


def build(setting: Setting, parameters: Parameters) -> tuple[Continued, Plan]:
    """Training of the served model's generator.

    Raises:
        NoStart: there is none, or it is another network.
    """
    begun = start.read(setting.example.base)
    method = Continued(setting, parameters, begun)
    start.load(begun, method.generator)
    return method, _plan(method, steps=math.ceil(parameters.epochs * method.per_epoch))


def onward(
    setting: Setting, parameters: Parameters, learning_rate: float, budget: float, ema: float
) -> tuple[Continued, Plan]:
    """Further training of ``setting.start``'s generator, until it has cost ``budget``, or nothing is better any more.

    Args:
        setting: as of `build`.
        parameters: of the training before.
        learning_rate: at which that ended.
        budget: floating-point operations.
        ema: decay of the moving average of the weights, which is what is validated and kept.
    """
    method = Continued(setting, parameters.model_copy(update=steady(learning_rate)), start.read(setting.example.base))
    return method, _plan(method, steps=MOST, budget=budget, ema=ema, patience=STALE)


def _plan(method: Continued, **more: Any) -> Plan:
    return Plan(
        title="learning on",
        validate_every=method.p.validate_every,
        checkpoint_every=method.p.checkpoint_every,
        per_epoch=method.per_epoch,
        **more,
    )
