"""Masked tokens, to be guessed from those around them (Devlin et al., 2019, arXiv:1810.04805, section 3.1)."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.networks.tokens.classifier.network import Encoder

HIDDEN, REPLACED = 0.8, 0.1
"""Shares of the chosen tokens that are hidden, and that another one stands for; the rest is left as it is."""


def chosen(lengths: Tensor, width: int, share: float) -> Tensor:
    """Positions to be guessed, (N, width) booleans: ``share`` of each text's tokens, one at least; never its end."""
    count = lengths - 1
    order = torch.rand(len(lengths), width, device=lengths.device).masked_fill(~is_real(count, width), 2)
    wanted = torch.minimum((share * count).round().clamp_min(1), count)
    return order.argsort(1).argsort(1) < wanted[:, None]


def loss(encoder: Encoder, batch: Batch, share: float, first: int) -> tuple[Tensor, int]:
    """Summed cross-entropy in nats of guessing the chosen tokens, and how many these are.

    Of the chosen tokens 80 % are hidden by the encoder's vector of a mask, 10 % replaced by any token, and 10 % left.

    Args:
        encoder: guesses.
        batch: its texts alone are read.
        share: of a text's tokens that are chosen.
        first: id of the first token that may stand for another; those before are special ones and labels.
    """
    text, lengths = batch.text, batch.text_lengths
    guessed = chosen(lengths, text.shape[1], share)
    lot = torch.rand(text.shape, device=text.device)
    others = torch.randint(first, len(encoder.bias), text.shape, device=text.device)
    replaced = guessed & (lot >= HIDDEN) & (lot < HIDDEN + REPLACED)
    embedded = encoder.embedding(torch.where(replaced, others, text)).float()
    embedded = torch.where((guessed & (lot < HIDDEN))[:, :, None], encoder.mask, embedded)
    logits = encoder.masked_logits(encoder.read(embedded, lengths)[guessed])
    return cross_entropy(logits.float(), text[guessed], reduction="sum"), len(logits)
