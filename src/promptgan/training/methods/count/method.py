"""Counting: all training texts are read once, in a single step, and no gradient is taken."""

from collections.abc import Mapping
from typing import cast

import numpy as np
from torch import nn

from promptgan.core.compute import autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.counted import CountedGenerator
from promptgan.forms.tokens.pairs import in_order
from promptgan.training.loop.method import Method, Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.count.parameters import Parameters
from promptgan.training.setting import Setting


class Count(Method):
    """The generator counts the training texts, after which there is nothing more to learn from them.

    No adversarial phase follows this method, so it does not go `onward`; and one step leaves nothing to resume.

    Args:
        setting: the generator, and the pairs.
        parameters: the `pretrain` section.
    """

    score, better = "val_loss", "lower"
    remedy = "look at data/tokens: is there any text in the training split?"

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        self.p, self.setting = parameters, setting
        self.generator = cast("CountedGenerator", setting.network("generator"))
        self.state = {"generator": self.generator}

    def step(self, k: int) -> dict[str, Value]:
        """All of the training texts."""
        train = self.setting.train
        self.generator.count(train.rows("text", np.arange(len(train))))
        return {}

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """NLL per token of the validation texts, in nats."""
        generator = cast("CountedGenerator", networks["generator"])
        total, tokens = 0.0, 0
        with autocast(self.setting.compute):
            for batch in in_order(self.setting.val, 256, self.p.validation_count):
                nats, count = likelihood.nll(generator, batch.to(self.setting.device))
                total, tokens = total + nats.item(), tokens + count
        return {"val_loss": total / tokens}

    def hear(self, row: Row) -> str | None:
        """Converged as soon as everything is counted."""
        return "converged" if row["step"] else None


def build(setting: Setting, parameters: Parameters) -> tuple[Count, Plan]:
    """Counting with a fresh generator."""
    return Count(setting, parameters), Plan(title="counting", steps=1, validate_every=1, checkpoint_every=1, fresh=True)
