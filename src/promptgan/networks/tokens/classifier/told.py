"""What a classifier says of texts."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from promptgan.forms.tokens.pairs import pad
from promptgan.networks.tokens.classifier.network import Encoder

BATCH_TOKENS = 8192
"""Of texts that are read together, padding counted."""


@torch.no_grad()
def told(encoder: Encoder, texts: Sequence[list[int]], eos: int) -> npt.NDArray[np.float64]:
    """The probability of each label for texts as token ids, without special tokens: (N, K), rows of sum 1.

    Args:
        encoder: in evaluation mode.
        texts: read with others of like length.
        eos: ends each of them.
    """
    device = next(encoder.parameters()).device
    found = np.zeros((len(texts), encoder.labels))
    for batch in _batches([len(text) + 1 for text in texts]):
        ids, lengths = pad([texts[i] for i in batch], (eos,))
        logits = encoder(ids.to(device), lengths.to(device))
        found[batch] = logits.double().softmax(-1).cpu().numpy()
    return found


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of texts that are read together: of like length, at most `BATCH_TOKENS` tokens or one text."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):  # each is as long as the longest before, or longer
        if not batches or (len(batches[-1]) + 1) * lengths[i] > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(i)
    return batches
