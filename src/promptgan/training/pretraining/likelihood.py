"""Teacher forcing: maximum likelihood of the texts given their prompts, until validation stops improving."""

import math
from collections.abc import Mapping
from typing import Any, Literal, cast

import torch
from pydantic import Field
from torch import nn

from promptgan import base
from promptgan.compute import Compute, autocast
from promptgan.models import likelihood
from promptgan.models.generator import TextGenerator
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.method import Method, Numbers, Player, Row, Value
from promptgan.training.loop.run import Outcome, Plan, run
from promptgan.training.pairs import Pairs, batch_order, in_order


class Parameters(base.Parameters):
    """The `pretrain` section for `method: likelihood`."""

    method: Literal["likelihood"]
    epochs: int = Field(ge=1)
    """Passes over the training pairs, at most."""
    batch: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    warmup: int = Field(ge=0)
    """Steps over which the learning rate rises from zero."""
    validate_every: int = Field(ge=1)
    """Steps between validations."""
    min_gain: float = Field(ge=0)
    """Nats per token by which a validation must beat the best one; one that does not cuts the learning rate."""
    cut: float = Field(gt=0, lt=1)
    """What the learning rate is then multiplied by."""
    patience: int = Field(ge=1)
    """Cuts after which training has converged and stops."""
    checkpoint_every: int = Field(ge=1)
    """Steps between checkpoints, for resuming after a kill."""


class Likelihood(Method):
    """The generator learns the texts by teacher forcing; a validation that gains too little cuts the learning rate.

    Args:
        generator: trained in place.
        train, val: pairs.
        parameters: the `pretrain` section.
        compute: precision.
        seed: of the order of the pairs.
    """

    averaged = ("generator",)
    score, better = "val_nll", "lower"
    remedy = "lower pretrain.learning_rate, or set compute.precision to float32"

    def __init__(
        self, generator: TextGenerator, train: Pairs, val: Pairs, parameters: Parameters, compute: Compute, seed: int
    ) -> None:
        self.generator, self.train, self.val = generator, train, val
        self.p, self.compute, self.seed = parameters, compute, seed
        self.device = next(generator.parameters()).device
        self.player = Player("generator", generator, adamw(generator, parameters.learning_rate), clip=1.0)
        self.numbers = Numbers(rate=parameters.learning_rate, cuts=0, best=math.inf, steps=0)
        self.state = {"generator": generator, "optimizer": self.player.optimizer, "numbers": self.numbers}
        self.order: tuple[int, list[Any]] = (-1, [])

    @property
    def per_epoch(self) -> int:
        """Steps of a pass over the training pairs."""
        return math.ceil(len(self.train) / self.p.batch)

    def step(self, k: int) -> dict[str, Value]:
        """One batch; reports NLL over tokens."""
        epoch, index = divmod(k, self.per_epoch)
        if epoch != self.order[0]:
            self.order = epoch, batch_order(self.train.lengths, self.p.batch, self.seed, epoch)
        for group in self.player.optimizer.param_groups:
            group["lr"] = self.numbers["rate"] * min(1.0, (k + 1) / max(1, self.p.warmup))
        with autocast(self.compute):
            batch = self.train.batch(self.order[1][index]).to(self.device)
            nll, tokens = likelihood.backward(self.generator, batch)
        self.player.update()
        self.numbers["steps"] += 1
        return {"train_nll": (nll, tokens)}

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """NLL per token of the validation texts, and after the first step the learning rate that led there."""
        nll = validation_nll(cast("TextGenerator", networks["generator"]), self.val, self.compute)
        return {"val_nll": nll, **({"rate": self.numbers["rate"]} if self.numbers["steps"] else {})}

    def hear(self, row: Row) -> str | None:
        """Cut the learning rate where a validation gained less than `min_gain`; stop after `patience` cuts."""
        numbers = self.numbers
        if row["val_nll"] > numbers["best"] - self.p.min_gain:
            numbers["rate"] *= self.p.cut
            numbers["cuts"] += 1
        numbers["best"] = min(numbers["best"], row["val_nll"])
        return "converged" if numbers["cuts"] >= self.p.patience else None


def fit(
    generator: TextGenerator,
    train: Pairs,
    val: Pairs,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    checkpoint: Checkpoint,
    steps: int | None = None,
    ema: float | None = None,
) -> Outcome:
    """Train ``generator`` in place and leave the weights of its best validation in it.

    Args:
        steps: most steps to take with a generator that is trained already; where None, it is fresh, and ``epochs`` of
            the parameters are taken.
        ema: decay of a moving average of the weights, which is then what is validated and kept; none where None.

    Raises:
        NonFiniteTraining, NothingLearnt, Interrupted: see `promptgan.training.loop.run.run`.
    """
    method = Likelihood(generator, train, val, parameters, compute, seed)
    plan = Plan(
        title="likelihood",
        steps=parameters.epochs * method.per_epoch if steps is None else steps,
        validate_every=parameters.validate_every,
        checkpoint_every=parameters.checkpoint_every,
        per_epoch=method.per_epoch,
        ema=ema,
        fresh=steps is None,
    )
    return run(method, plan, checkpoint)


def adamw(network: nn.Module, learning_rate: float) -> torch.optim.AdamW:
    """AdamW without weight decay, whose moments suit sequences (Vaswani et al., 2017, section 5.3)."""
    return torch.optim.AdamW(network.parameters(), learning_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)


def validation_nll(generator: TextGenerator, val: Pairs, compute: Compute) -> float:
    """Mean NLL per token, end of text counted and padding not, in nats."""
    generator.eval()
    device = next(generator.parameters()).device
    total, tokens = 0.0, 0
    with autocast(compute):
        for batch in in_order(val, 256):
            nll, count = likelihood.nll(generator, batch.to(device))
            total, tokens = total + nll.item(), tokens + count
    return total / tokens


def steps_for(flops: float, generator: TextGenerator, train: Pairs, batch: int) -> int:
    """How many likelihood steps take ``flops``: 6 a weight and token (Kaplan et al., 2020, arXiv:2001.08361)."""
    weights = sum(w.numel() for w in generator.parameters())
    tokens = (train.text_lengths.sum() + train.prompt_lengths.sum() + len(train)) / len(train) * batch
    return max(1, round(flops / (6 * weights * float(tokens))))
