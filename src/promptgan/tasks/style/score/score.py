"""What training validates transfers by: whether their style has changed and their content has not, and the twin."""

import copy
from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from torch import nn

from promptgan.core.compute import Compute, autocast
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.forms.tokens.naive_bayes import NaiveBayes
from promptgan.forms.tokens.pairs import Pairs, pad
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.tasks.style.score.content import bleu, matches
from promptgan.training.loop.method import Row

BATCH = 256


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
        self.device = next(twin.parameters()).device
        everything = np.arange(len(val))
        texts = val.rows("text", everything)
        prompts = val.rows("prompt", everything)
        styles = [prompt[0] - len(SPECIAL_TOKENS) for prompt in prompts]
        self.classifier = NaiveBayes.fitted(texts, styles, example.vocabulary)
        chosen = sorted(range(min(count, len(val))), key=lambda i: len(texts[i]))
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
            likeliest, drawn = self._transfers(generator, 0.0), self._transfers(generator, 1.0)
            entropy, cross = self._nll(generator, drawn), self._nll(self.twin, drawn)
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

    def _transfers(self, generator: TextGenerator, temperature: float) -> list[list[int]]:
        drawn: list[list[int]] = []
        for start in range(0, len(self.prompts), BATCH):
            asked, lengths = (x.to(self.device) for x in pad(self.prompts[start : start + BATCH]))
            numbers = self.uniforms[start : start + BATCH].to(self.device)
            drawn += sample(generator, asked, lengths, numbers, temperature)
        return drawn

    def _nll(self, generator: TextGenerator, drawn: list[list[int]]) -> float:
        """Nats per token of what was drawn, ends counted."""
        limit, total, count = generator.example.max_tokens, 0.0, 0
        for start in range(0, len(drawn), BATCH):
            texts, lengths = pad(drawn[start : start + BATCH], (generator.example.eos,))
            lengths = lengths.clamp_max(limit)  # the end of a text that was cut was not drawn
            batch = Batch(*pad(self.prompts[start : start + BATCH]), texts, lengths).to(self.device)
            nats, tokens = likelihood.nll(generator, batch)
            total, count = total + nats.item(), count + tokens
        return total / count
