"""What a classifier is validated by."""

import torch
from torch.nn.functional import cross_entropy

from promptgan.core.compute import Compute, autocast
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs, in_order
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.targets import targets
from promptgan.training.loop.method import Row


@torch.no_grad()
def validated(encoder: Encoder, val: Pairs, count: int, example: Example, compute: Compute) -> Row:
    """Of the first ``count`` texts, or all: mean cross-entropy in nats, its negative as `score`, accuracy, macro F1.

    A row's `accuracy` is that of a discriminator, so this one is called `val_accuracy`.
    Macro F1 is the mean over the labels that a text has or is given.
    """
    device = next(encoder.parameters()).device
    loss = torch.zeros((), dtype=torch.float64, device=device)
    confusion = torch.zeros(encoder.labels**2, dtype=torch.int64)
    for batch in (batch.to(device) for batch in in_order(val, 256, count)):
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
