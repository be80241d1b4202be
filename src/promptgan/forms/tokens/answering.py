"""Answers to the same validation prompts, each time that training looks, and how likely they and real ones are."""

import copy
import functools
from collections.abc import Mapping
from typing import cast

from torch import nn

from promptgan.core.compute import Compute, autocast
from promptgan.core.spread import evenly
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Drawing, Sampler, sampler


class Answering:
    """Answers the same validation prompts with the same random numbers each time; a subclass defines `score`.

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
        self.example, self.compute, self.seed = example, compute, seed
        self.twin = copy.deepcopy(cast("TextGenerator", start["generator"])).eval()
        chosen = evenly(count, len(val))
        self.prompts = val.rows("prompt", chosen)
        self.real = [[*text, example.eos] for text in val.rows("text", chosen)]

    def score(self, texts: list[list[int]]) -> float:
        """Of answers without their ends."""
        raise NotImplementedError

    @functools.cached_property
    def twin_score(self) -> float:
        """That of the twin's answers."""
        return self.score(self._drawn(Sampler(self.twin)))

    def answers(self, networks: Mapping[str, nn.Module], drawing: Drawing | None) -> list[list[int]]:
        """What networks answer, which are put into evaluation mode."""
        for network in networks.values():
            network.eval()
        return self._drawn(sampler(networks, drawing))

    def _drawn(self, draw: Sampler) -> list[list[int]]:
        """An answer to each prompt, without its end."""
        with autocast(self.compute):
            uniforms = draw.random_numbers(self.seed, len(self.real), self.example.max_tokens)
            return draw.answers(self.prompts, uniforms)

    def likelihoods(self, generator: nn.Module, texts: list[list[int]]) -> tuple[float, float, float]:
        """In nats per token, the entropy of a generator's answers, their KL to the twin, and the NLL of real ones."""
        generator, texts = cast("TextGenerator", generator), self.example.drawn(texts)
        with autocast(self.compute):
            entropy, cross = (likelihood.per_token(each, self.prompts, texts) for each in (generator, self.twin))
            return entropy, cross - entropy, likelihood.per_token(generator, self.prompts, self.real)
