"""What a classifier is validated by."""

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from promptgan.core.compute import Compute, autocast
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.targets import targets
from promptgan.training.loop.method import Row

BATCH = 256
"""Texts that are read at once."""


@torch.no_grad()
def validated(encoder: Encoder, val: Pairs, count: int, example: Example, compute: Compute) -> Row:
    """Of ``count`` texts, or all: mean cross-entropy in nats, its negative as `score`, accuracy, macro F1.

    The texts are evenly spaced, since files are often sorted by label. A row's `accuracy` is that of a discriminator,
    so this one is called `val_accuracy`. Macro F1 is the mean over the labels that a text has or is given.
    """
    device = next(encoder.parameters()).device
    loss = torch.zeros((), dtype=torch.float64, device=device)
    confusion = torch.zeros(encoder.labels**2, dtype=torch.int64)
    read = np.linspace(0, len(val) - 1, min(count, len(val))).astype(np.int64)
    read = read[np.argsort(val.lengths[read], kind="stable")]  # texts of like length share padding
    for batch in (val.batch(read[start : start + BATCH]).to(device) for start in range(0, len(read), BATCH)):
        with autocast(compute):
            logits = encoder(batch.text, batch.text_lengths).float()
        true = targets(batch, example)
        loss += cross_entropy(logits, true, reduction="sum")
        confusion += (true * encoder.labels + logits.argmax(1)).cpu().bincount(minlength=len(confusion))
    table = confusion.view(encoder.labels, -1).double()
    right, seen = table.diagonal(), table.sum(0) + table.sum(1)
    mean = loss.item() / table.sum().item()
    return {
        "val_loss": mean,
        "val_accuracy": (right.sum() / table.sum()).item(),
        "macro_f1": (2 * right / seen)[seen > 0].mean().item(),
        "score": -mean,
    }
