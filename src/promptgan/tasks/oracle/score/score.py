"""What training validates sequences by: how often tokens and pairs of tokens stand in them, and the twin. No oracle."""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import nn

from promptgan.core.compute import Compute, autocast
from promptgan.core.spread import evenly
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import random_numbers
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Sampler
from promptgan.training.loop.method import Row


class Score:
    """Draws sequences with the same random numbers each time, and measures them.

    Args:
        val: the validation split.
        example: gives the length of a sequence.
        start: holds the `generator` that training goes on from, a copy of which is kept to compare with.
        count: sequences.
        compute: precision.
        seed: of the random numbers.
    """

    def __init__(
        self, val: Pairs, example: Example, start: Mapping[str, nn.Module], count: int, compute: Compute, seed: int
    ) -> None:
        self.compute = compute
        twin = cast("TextGenerator", start["generator"])
        self.twin = copy.deepcopy(twin).eval()
        self.real = val.rows("text", evenly(count, len(val)))
        self.uniforms = random_numbers(seed, len(self.real), example.max_tokens)
        self.prompts: list[list[int]] = [[] for _ in self.real]

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module]) -> Row:
        """The overlap as score; entropy, KL to the twin, NLL of real sequences (nats per token); repeated ones.

        Their end, which is always at the limit, does not count.
        """
        generator = cast("TextGenerator", networks["generator"]).eval()
        with autocast(self.compute):
            drawn = Sampler(generator).answers(self.prompts, self.uniforms)
            entropy, cross = (likelihood.per_token(each, self.prompts, drawn) for each in (generator, self.twin))
            real = likelihood.per_token(generator, self.prompts, self.real)
        return {
            "score": overlap(drawn, self.real),
            "entropy": entropy,
            "kl": cross - entropy,
            "duplicates": 1 - len(set(map(tuple, drawn))) / len(drawn),
            "val_loss": real,
        }


def overlap(drawn: Sequence[Sequence[int]], real: Sequence[Sequence[int]]) -> float:
    """How much of two distributions is shared, in [0, 1]: one less their total variation.

    The mean of that for single tokens and for pairs of neighbours, wherever in a sequence they stand.
    """
    shared = []
    for order in (1, 2):
        counts = [
            Counter(gram for row in rows for gram in (row if order == 1 else pairwise(row))) for rows in (drawn, real)
        ]
        ours, theirs = (max(1, count.total()) for count in counts)
        both = counts[0].keys() & counts[1].keys()
        shared.append(sum(sorted(min(counts[0][gram] / ours, counts[1][gram] / theirs) for gram in both)))
    return sum(shared) / len(shared)
