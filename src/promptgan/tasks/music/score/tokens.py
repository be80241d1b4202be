"""What training validates music by: how often runs of events stand in it, and the twin."""

import copy
import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import nn

from promptgan.core.compute import Compute, autocast
from promptgan.core.spread import evenly
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Drawing, Sampler, sampler
from promptgan.training.loop.method import Row

ORDERS = (1, 2, 3)


class Score:
    """Answers the same validation prompts with the same random numbers each time, and measures the answers.

    Args:
        val: the validation split.
        example: gives the most tokens of an answer.
        start: holds the `generator` that training goes on from, a copy of which is kept to compare with.
        count: prompts.
        compute: precision.
        seed: of the random numbers.
    """

    def __init__(
        self, val: Pairs, example: Example, start: Mapping[str, nn.Module], count: int, compute: Compute, seed: int
    ) -> None:
        self.compute, self.seed, self.max_tokens = compute, seed, example.max_tokens
        self.twin = copy.deepcopy(cast("TextGenerator", start["generator"])).eval()
        chosen = evenly(count, len(val))
        self.prompts = val.rows("prompt", chosen)
        self.real = [[*text, example.eos] for text in val.rows("text", chosen)]

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module], drawing: Drawing | None = None) -> Row:
        """The overlap as score, the share of duplicates and the mean length.

        Of answers that the generator draws alone, in nats per token, their entropy, their KL to the twin, and the NLL
        of real ones. Of those that are resampled none of these is known; beside them stands `twin_score`, the score
        of the generator's own answers.
        """
        for network in networks.values():
            network.eval()
        draw = sampler(networks, drawing)
        drawn = self._answers(draw)
        row = {
            "score": overlap(drawn, self.real),
            "duplicates": 1 - len(set(map(tuple, drawn))) / len(drawn),
            "length": sum(map(len, drawn)) / len(drawn),
        }
        if drawing:
            return {**row, "twin_score": self.twin_score}
        with autocast(self.compute):
            entropy, cross = (likelihood.per_token(each, self.prompts, drawn) for each in (draw.generator, self.twin))
            val_loss = likelihood.per_token(draw.generator, self.prompts, self.real)
        return {**row, "entropy": entropy, "kl": cross - entropy, "val_loss": val_loss}

    @functools.cached_property
    def twin_score(self) -> float:
        """The overlap of the twin's answers."""
        return overlap(self._answers(Sampler(self.twin)), self.real)

    def _answers(self, draw: Sampler) -> list[list[int]]:
        """With their end, but those that were cut at the limit."""
        with autocast(self.compute):
            uniforms = draw.random_numbers(self.seed, len(self.real), self.max_tokens)
            return draw.generator.example.drawn(draw.answers(self.prompts, uniforms))


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
