"""What training validates music by: how often runs of events stand in it, and the twin."""

from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from promptgan.forms.tokens.answering import Answering
from promptgan.forms.tokens.sampler import Drawing
from promptgan.training.loop.method import Row

ORDERS = (1, 2, 3)


class Score(Answering):
    """Measures answers to the same validation prompts; see `Answering` for its arguments."""

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module], drawing: Drawing | None = None) -> Row:
        """The overlap as score, the share of duplicates and the mean length.

        Of answers that the generator draws alone, in nats per token, their entropy, their KL to the twin, and the NLL
        of real ones. Of those that are resampled none of these is known; beside them stands `twin_score`, the score
        of the generator's own answers.
        """
        texts = self.answers(networks, drawing)
        row = {
            "score": self.score(texts),
            "duplicates": 1 - len(set(map(tuple, texts))) / len(texts),
            "length": sum(map(len, self.example.drawn(texts))) / len(texts),
        }
        if drawing:
            return {**row, "twin_score": self.twin_score}
        entropy, kl, val_loss = self.likelihoods(networks["generator"], texts)
        return {**row, "entropy": entropy, "kl": kl, "val_loss": val_loss}

    def score(self, texts: list[list[int]]) -> float:
        """The overlap of answers with real ones, with their end but those that were cut at the limit."""
        return overlap(self.example.drawn(texts), self.real)


def overlap(drawn: Sequence[Sequence[int]], real: Sequence[Sequence[int]]) -> float:
    """How much of the distributions of runs of 1, 2 and 3 tokens is shared, in [0, 1]; the geometric mean over these.

    Shared is one less the total variation.
    """
    product = 1.0
    for order in ORDERS:
        counts = [
            Counter(run for row in rows for run in zip(*(row[i:] for i in range(order)), strict=False))
            for rows in (drawn, real)
        ]
        ours, theirs = (max(1, count.total()) for count in counts)
        both = counts[0].keys() & counts[1].keys()
        product *= sum(sorted(min(counts[0][run] / ours, counts[1][run] / theirs) for run in both))
    return float(product ** (1 / len(ORDERS)))
