"""What training validates by: the share of continuations that count on."""

from collections.abc import Mapping

import torch
from promptgan.tasks.numbers.score.counting import counts_on
from torch import nn

from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs, in_order
from promptgan.training.loop.method import Row


class Score:
    """Draws the same continuations each time."""

    def __init__(
        self, val: Pairs, example: Example, start: Mapping[str, nn.Module], count: int, compute: object, seed: int
    ) -> None:
        self.prompts = list(in_order(val, 256, count))
        self.uniforms = random_numbers(seed, sum(map(len, self.prompts)), example.max_tokens)

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module]) -> Row:
        """The share that count on as `score`; what the guards of training look at beside it."""
        right, drawn = [], []
        for batch in self.prompts:
            uniforms = self.uniforms[len(right) : len(right) + len(batch)]
            texts = sample(networks["generator"], batch.prompt, batch.prompt_lengths, uniforms)
            right += [counts_on(int(first), text) for first, text in zip(batch.prompt[:, 0], texts, strict=True)]
            drawn += map(tuple, texts)
        share = sum(right) / len(right)
        return {"score": share, "entropy": 1.0, "kl": 0.0, "duplicates": 0.0, "distinct": len(set(drawn)) / len(drawn)}
