"""What training validates transfers by: whether their style has changed and their content has not, and the twin."""

import copy
from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from torch import nn

from promptgan.core.compute import Compute, autocast
from promptgan.core.spread import evenly
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import random_numbers
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import TextGenerator
from promptgan.forms.tokens.naive_bayes import NaiveBayes
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Sampler
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.tasks.style.score.content import bleu, matches
from promptgan.training.loop.method import Row


class Score:
    """Transfers the same validation sentences each time, and measures what becomes of them.

    Their style is told by a classifier that is fitted on all validation sentences, but for each the one that it was
    made of, and never by the judge. A sentence whose own style it does not recognise says nothing about a transfer and
    does not count, so that an unchanged copy is worth 0.

    Args:
        val: the validation split.
        example: gives the most tokens of a sentence.
        start: holds the `generator` that training goes on from, a copy of which is kept to compare with.
        count: sentences.
        compute: precision.
        seed: of the random numbers.
    """

    def __init__(
        self, val: Pairs, example: Example, start: Mapping[str, nn.Module], count: int, compute: Compute, seed: int
    ) -> None:
        self.compute = compute
        twin = cast("TextGenerator", start["generator"])
        self.twin = copy.deepcopy(twin).eval()
        everything = np.arange(len(val))
        texts = val.rows("text", everything)
        prompts = val.rows("prompt", everything)
        styles = [prompt[0] - len(SPECIAL_TOKENS) for prompt in prompts]
        self.classifier = NaiveBayes.fitted(texts, styles, example.vocabulary)
        chosen: list[int] = evenly(count, len(val)).tolist()
        self.sources, self.styles = [texts[i] for i in chosen], [styles[i] for i in chosen]
        first = len(SPECIAL_TOKENS)
        other = {first: first + 1, first + 1: first}
        self.prompts = [[other.get(token, token) for token in prompts[i]] for i in chosen]
        self.uniforms = random_numbers(seed, len(chosen), example.max_tokens)
        self.recognised = self._styles_of(self.sources) == self.styles

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module]) -> Row:
        """Of the likeliest transfers, the score with what it is of, and the share of those that repeat another one.

        The score is the geometric mean of `flipped`, the share whose style has changed, and `content_bleu`. Entropy and
        KL to the twin are of transfers that are drawn, in nats per token.
        """
        generator = cast("TextGenerator", networks["generator"]).eval()
        with autocast(self.compute):
            likeliest, texts = (Sampler(generator).answers(self.prompts, self.uniforms, t) for t in (0.0, 1.0))
            drawn = generator.example.drawn(texts)
            entropy, cross = (likelihood.per_token(each, self.prompts, drawn) for each in (generator, self.twin))
        changed = self._styles_of(likeliest) != self.styles
        flipped = float(changed[self.recognised].mean()) if self.recognised.any() else 0.0
        content = bleu(matches(likeliest, self.sources))
        return {
            "score": (flipped * content) ** 0.5,
            "flipped": flipped,
            "content_bleu": content,
            "entropy": entropy,
            "kl": cross - entropy,
            "duplicates": 1 - len(set(map(tuple, likeliest))) / len(likeliest),
        }

    def _styles_of(self, texts: list[list[int]]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """What the classifier takes texts for that were made of the sources, 0 or 1."""
        return (self.classifier.log_odds(texts, (self.sources, self.styles)) > 0).astype(np.int64)
