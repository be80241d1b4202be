"""What training validates answers by: how far they are as varied and as frequent as real ones, and from the twin."""

import copy
import functools
from collections.abc import Mapping
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
from promptgan.tasks.text.score.ms_jaccard import MSJaccard
from promptgan.training.loop.method import Row


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
        self.compute = compute
        twin = cast("TextGenerator", start["generator"])
        self.twin = copy.deepcopy(twin).eval()
        self.seed, self.max_tokens, self.eos = seed, example.max_tokens, example.eos
        chosen = evenly(count, len(val))
        self.prompts = val.rows("prompt", chosen)
        self.real = [[*text, self.eos] for text in val.rows("text", chosen)]
        self.real_ngrams = MSJaccard(self.real, 4)

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module], drawing: Drawing | None = None) -> Row:
        """MS-Jaccard as score, the share of duplicates and the mean length.

        Of answers that the generator draws alone, in nats per token, their entropy, their KL to the twin, and the NLL
        of real ones. Of those that are resampled none of these is known; beside them stands `twin_score`, the score
        of the generator's own answers.
        """
        for network in networks.values():
            network.eval()
        draw = sampler(networks, drawing)
        texts = self._answers(draw)
        score = self._score(texts)
        counts = {
            "duplicates": 1 - len(set(map(tuple, texts))) / len(texts),
            "length": 1 + sum(map(len, texts)) / len(texts),
        }
        if drawing:
            return {"score": score, "twin_score": self.twin_score, **counts}
        generator, drawn = draw.generator, draw.generator.example.drawn(texts)
        with autocast(self.compute):
            entropy, cross = (likelihood.per_token(each, self.prompts, drawn) for each in (generator, self.twin))
            val_loss = likelihood.per_token(generator, self.prompts, self.real)
        return {"score": score, "entropy": entropy, "kl": cross - entropy, **counts, "val_loss": val_loss}

    @functools.cached_property
    def twin_score(self) -> float:
        """MS-Jaccard of the twin's answers."""
        return self._score(self._answers(Sampler(self.twin)))

    def _answers(self, draw: Sampler) -> list[list[int]]:
        with autocast(self.compute):
            return draw.answers(self.prompts, draw.random_numbers(self.seed, len(self.real), self.max_tokens))

    def _score(self, texts: list[list[int]]) -> float:
        """MS-Jaccard of texts, all of which are taken to end."""
        return self.real_ngrams([[*text, self.eos] for text in texts])
