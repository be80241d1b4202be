"""Negative log-likelihood of texts under a generator, projecting onto the vocabulary only where a token is."""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

BOS = 2
CHUNK = 512
"""Positions projected at a time: larger temporaries cost page faults on a CPU."""


class Pairs(Protocol):
    """What is read of a batch of pairs; `promptgan.training.pairs.Batch` is one."""

    prompt: Tensor
    prompt_lengths: Tensor
    text: Tensor
    text_lengths: Tensor


class Generator(Protocol):
    """What is asked of a generator."""

    def __call__(self, prompt: Tensor, prompt_lengths: Tensor, inputs: Tensor) -> Tensor:
        """Features (N, T, F) that predict what follows each input."""

    def logits(self, features: Tensor) -> Tensor:
        """Logits (..., vocabulary) of features (..., F)."""


def backward(generator: Generator, batch: Pairs, weight: float = 1.0) -> tuple[float, int]:
    """Add the gradient of ``weight`` times the mean NLL per token; return the summed NLL in nats and the tokens.

    Chunk by chunk, so that the logits of the whole batch never exist at once. End-of-text counts as a token, padding
    does not.
    """
    features, targets = real_positions(generator, batch)
    leaf = features.detach().requires_grad_()
    total = 0.0
    for chunk, target in zip(leaf.split(CHUNK), targets.split(CHUNK), strict=True):
        loss = cross_entropy(generator.logits(chunk).float(), target, reduction="sum")
        (loss * (weight / len(targets))).backward()  # type: ignore[no-untyped-call]
        total += loss.item()
    features.backward(leaf.grad)  # type: ignore[no-untyped-call]
    return total, len(targets)


@torch.no_grad()
def nll(generator: Generator, batch: Pairs, temperatures: tuple[float, ...] = (1.0,)) -> tuple[Tensor, int]:
    """Summed NLL in nats of the texts at each softmax temperature, (temperatures,) float64, and the tokens."""
    features, targets = real_positions(generator, batch)
    totals = torch.zeros(len(temperatures), dtype=torch.float64)
    for chunk, target in zip(features.split(CHUNK), targets.split(CHUNK), strict=True):
        logits = generator.logits(chunk).float()
        for i, temperature in enumerate(temperatures):
            totals[i] += cross_entropy(logits / temperature, target, reduction="sum").double().cpu()
    return totals, len(targets)


def real_positions(generator: Generator, batch: Pairs) -> tuple[Tensor, Tensor]:
    """Features (M, F) and targets (M,) of the M positions of a batch that hold a token."""
    inputs = torch.cat([torch.full_like(batch.text[:, :1], BOS), batch.text[:, :-1]], 1)
    features = generator(batch.prompt, batch.prompt_lengths, inputs)
    real = torch.arange(batch.text.shape[1], device=batch.text.device) < batch.text_lengths[:, None]
    return features[real], batch.text[real]
