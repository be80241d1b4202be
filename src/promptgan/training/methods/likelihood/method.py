"""Teacher forcing: maximum likelihood of the texts given their prompts, until validation stops improving.

Where there is a corpus, its texts come first, under empty prompts.
"""

import math
from collections.abc import Mapping
from typing import Any, cast

from torch import nn

from promptgan.core.compute import Compute, autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.pairs import Batches, Pairs, in_order
from promptgan.training.loop.cooling import STALE, Cooling, steady
from promptgan.training.loop.method import Limit, Method, Numbers, Row, Value
from promptgan.training.loop.players import player
from promptgan.training.loop.run import Plan
from promptgan.training.methods.likelihood.parameters import Parameters
from promptgan.training.setting import Setting

MOST = 10**6
"""Steps of a training that its budget ends."""


class Likelihood(Method):
    """The generator learns the texts by teacher forcing; a validation that gains too little cuts the learning rate.

    Args:
        generator: trained in place.
        train, val: pairs.
        parameters: the `pretrain` section.
        compute: precision.
        seed: of the order of the pairs.
        corpus: texts that are read first and passes over them, at a learning rate that no validation cuts.
        onward: the order of the pairs is that of what goes on from a training.
    """

    averaged = ("generator",)
    score, better = "val_loss", "lower"
    limits = (Limit("diverged", lambda row, start: row["val_loss"] > start["val_loss"] + 1),)
    remedy = "lower pretrain.learning_rate, or set compute.precision to float32"

    def __init__(
        self,
        generator: TextGenerator,
        train: Pairs,
        val: Pairs,
        parameters: Parameters,
        compute: Compute,
        seed: int,
        corpus: tuple[Pairs, float] | None = None,
        onward: bool = False,
    ) -> None:
        self.generator, self.val, self.p, self.compute = generator, val, parameters, compute
        self.device = next(generator.parameters()).device
        self.player = player("generator", generator, parameters.learning_rate)
        self.cooling, self.read = Cooling(parameters), Numbers()
        self.state = {
            "generator": generator,
            "optimizer": self.player.optimizer,
            "numbers": self.cooling,
            "read": self.read,
        }
        self.batches = Batches(train, parameters.batch, seed, onward=onward)
        self.corpus, self.corpus_steps = self.batches, 0
        if corpus:
            texts, epochs = corpus
            self.corpus = Batches(texts, parameters.batch, seed)
            self.corpus_steps = math.ceil(epochs * self.corpus.per_epoch)
            self.read["corpus_tokens"] = 0

    def step(self, k: int) -> dict[str, Value]:
        """One batch; reports NLL over tokens."""
        for group in self.player.optimizer.param_groups:
            group["lr"] = self.cooling.rate(k)
        first = k < self.corpus_steps
        batches, index = (self.corpus, k) if first else (self.batches, k - self.corpus_steps)
        batch = batches[index].to(self.device)
        with autocast(self.compute):
            nll, tokens = likelihood.backward(self.generator, batch, tokens=batches.tokens)
        self.player.update()
        self.cooling["steps"] += 1
        if first:
            self.read["corpus_tokens"] += tokens
        return {"train_loss": (nll, tokens)}

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """NLL per token of the validation texts, after the first step the learning rate that led there, tokens read."""
        generator = cast("TextGenerator", networks["generator"])
        nll = validation_nll(generator, self.val, self.p.validation_count, self.compute)
        return {"val_loss": nll, **self.cooling.row(), **self.read}

    def hear(self, row: Row) -> str | None:
        """Cut the rate where a validation past the corpus gained less than `min_gain`; stop after `patience` cuts."""
        return self.cooling.hear(row["val_loss"]) if row["step"] >= self.corpus_steps else None


def build(setting: Setting, parameters: Parameters) -> tuple[Likelihood, Plan]:
    """Likelihood training of a fresh generator."""
    method = _method(setting, parameters)
    steps = method.corpus_steps + math.ceil(parameters.epochs * method.batches.per_epoch)
    return method, _plan(method, parameters, steps=steps, fresh=True)


def onward(
    setting: Setting, parameters: Parameters, learning_rate: float, budget: float, ema: float
) -> tuple[Likelihood, Plan]:
    """Further training of ``setting.start``'s generator, until it has cost ``budget``, or nothing is better any more.

    Args:
        setting: as of `build`.
        parameters: of the training before.
        learning_rate: at which that ended.
        budget: floating-point operations.
        ema: decay of the moving average of the weights, which is what is validated and kept.
    """
    method = _method(setting, parameters.model_copy(update=steady(learning_rate)), onward=True)
    return method, _plan(method, parameters, steps=MOST, budget=budget, ema=ema, patience=STALE)


def _method(setting: Setting, parameters: Parameters, onward: bool = False) -> Likelihood:
    s, generator = setting, cast("TextGenerator", setting.network("generator"))
    return Likelihood(generator, s.train, s.val, parameters, s.compute, s.seed, s.corpus, onward)


def _plan(method: Likelihood, parameters: Parameters, **more: Any) -> Plan:
    return Plan(
        title="likelihood",
        validate_every=parameters.validate_every,
        checkpoint_every=parameters.checkpoint_every,
        per_epoch=method.batches.per_epoch,
        first_epoch=method.corpus_steps,
        **more,
    )


def validation_nll(generator: TextGenerator, val: Pairs, count: int, compute: Compute) -> float:
    """Mean NLL per token of ``count`` pairs, end of text counted and padding not, in nats."""
    generator.eval()
    device = next(generator.parameters()).device
    total, tokens = 0.0, 0
    with autocast(compute):
        for batch in in_order(val, 256, count):
            nll, count = likelihood.nll(generator, batch.to(device))
            total, tokens = total + nll.item(), tokens + count
    return total / tokens
