"""What a classifier says of texts."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from promptgan.forms.tokens.pairs import pad
from promptgan.networks.tokens.classifier.network import Encoder

BATCH = 256


@torch.no_grad()
def told(encoder: Encoder, texts: Sequence[list[int]], eos: int) -> npt.NDArray[np.float64]:
    """The probability of each label for texts as token ids, without special tokens: (N, K), rows of sum 1.

    Args:
        encoder: in evaluation mode.
        texts: read with others of like length, which changes nothing but the time that it takes.
        eos: ends each of them.
    """
    device = next(encoder.parameters()).device
    found = np.zeros((len(texts), encoder.labels))
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        text, lengths = pad([list(texts[i]) for i in rows], (eos,))
        logits = encoder(text.to(device), lengths.to(device)).double()
        found[rows] = logits.softmax(1).cpu().numpy()
    return found
