"""Teacher forcing: maximum likelihood of the texts given their prompts, until validation stops improving."""

import copy
import math
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from pydantic import Field
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from promptgan import base
from promptgan.compute import Compute, autocast
from promptgan.models import likelihood
from promptgan.models.generator import TextGenerator
from promptgan.progress import Progress
from promptgan.training import live
from promptgan.training.checkpoint import Checkpoint, NonFiniteLoss, random_state, set_random_state
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


@dataclass(frozen=True)
class Outcome:
    """How a likelihood training ended; the generator holds its best weights."""

    history: list[dict[str, float]]
    """One row per validation: step, epoch, train and validation NLL per token in nats, learning rate."""
    best: float
    """Lowest validation NLL per token, nats."""
    steps: int
    converged: bool
    """False where validation was still improving at the limit."""
    rate: float
    """Learning rate of the last steps."""


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
        steps: most steps to take; ``epochs`` of the parameters where None.
        ema: decay of a moving average of the weights, which is then what is validated and kept; none where None.

    Raises:
        NonFiniteLoss: the loss is no longer finite.
    """
    p = parameters
    device = next(generator.parameters()).device
    per_epoch = math.ceil(len(train) / p.batch)
    limit = p.epochs * per_epoch if steps is None else steps
    optimizer = adamw(generator, p.learning_rate)
    average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(ema or 0.0))  # type: ignore[no-untyped-call]
    kept = generator if ema is None else cast("TextGenerator", average.module)
    best_weights = copy.deepcopy(kept.state_dict())
    state: dict[str, Any] = {"step": 0, "rate": p.learning_rate, "cuts": 0, "best": math.inf, "nll": 0.0, "tokens": 0}
    history: list[dict[str, float]] = []
    if saved := checkpoint.load():
        generator.load_state_dict(saved["generator"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        best_weights, state, history = saved["best_weights"], saved["state"], saved["history"]
        set_random_state(saved["random"])
    if not history:  # the weights that training starts from count as a validation, so that more training cannot worsen
        state["best"] = validation_nll(generator, val, compute)
        history.append({"step": 0, "epoch": 0.0, "val_nll": state["best"]})
        live.begin(checkpoint.stage)
        live.publish(checkpoint.stage, history[0])

    order_of, order = -1, []
    with Progress("likelihood", limit, done=state["step"]) as progress:
        while state["step"] < limit and state["cuts"] < p.patience:
            epoch, index = divmod(state["step"], per_epoch)
            if epoch != order_of:
                order_of, order = epoch, batch_order(train.lengths, p.batch, seed, epoch)
            for group in optimizer.param_groups:
                group["lr"] = state["rate"] * min(1.0, (state["step"] + 1) / max(1, p.warmup))
            generator.train()
            with autocast(compute):
                nll, tokens = likelihood.backward(generator, train.batch(order[index]).to(device))
            if not math.isfinite(nll):
                raise NonFiniteLoss(
                    f"the likelihood loss is {nll} at step {state['step']}; the checkpoint before it is kept",
                    "lower pretrain.learning_rate, or set compute.precision to float32",
                )
            nn.utils.clip_grad_norm_(generator.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            if ema is not None:
                average.update_parameters(generator)
            state["step"] += 1
            state["nll"] += nll
            state["tokens"] += tokens

            if state["step"] % p.validate_every == 0 or state["step"] == limit:
                val_nll = validation_nll(kept, val, compute)
                history.append(
                    {
                        "step": state["step"],
                        "epoch": round(state["step"] / per_epoch, 4),
                        "train_nll": state["nll"] / state["tokens"],
                        "val_nll": val_nll,
                        "rate": state["rate"],
                    }
                )
                live.publish(checkpoint.stage, history[-1])
                state["nll"], state["tokens"] = 0.0, 0
                if val_nll > state["best"] - p.min_gain:
                    state["rate"] *= p.cut
                    state["cuts"] += 1
                if val_nll < state["best"]:
                    state["best"] = val_nll
                    best_weights = copy.deepcopy(kept.state_dict())
                progress.say(f"val {val_nll:.3f} nats/token")
            if state["step"] % p.checkpoint_every == 0:
                checkpoint.save(
                    {
                        "generator": generator.state_dict(),
                        "average": average.state_dict(),
                        "optimizer": optimizer.state_dict(),
                        "best_weights": best_weights,
                        "state": state,
                        "history": history,
                        "random": random_state(),
                    }
                )
            progress.advance()
    generator.load_state_dict(best_weights)
    return Outcome(history, state["best"], state["step"], state["cuts"] >= p.patience, history[-1].get("rate", 0.0))


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
