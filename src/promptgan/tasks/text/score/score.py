"""What training validates answers by: whether they are about their prompts, as frequent as real ones, how far off."""

import functools
from collections.abc import Mapping

import torch
from torch import nn

from promptgan.forms.tokens.answering import Answering
from promptgan.forms.tokens.sampler import Drawing, Sampler
from promptgan.tasks.text.score.ms_jaccard import MSJaccard, telling_order
from promptgan.tasks.text.score.own_prompt import OwnPrompt
from promptgan.training.loop.method import Row

ENOUGH = 0.9
"""Of the twin's MS-Jaccard. The twin's answers are a little less varied than real ones, which raises it."""


class Score(Answering):
    """Measures answers to the same validation prompts; see `Answering` for its arguments."""

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module], drawing: Drawing | None = None) -> Row:
        """The score, MS-Jaccard, the share of duplicates and the mean length.

        Of answers that the generator draws alone, in nats per token, their entropy, their KL to the twin, and the NLL
        of real ones. Of those that are resampled none of these is known; beside them stands `twin_score`, the score
        of the generator's own answers.
        """
        texts = self.answers(networks, drawing)
        score = self.score(texts)
        counts = {
            "ms_jaccard": self.ms_jaccard(texts),
            "duplicates": 1 - len(set(map(tuple, texts))) / len(texts),
            "length": 1 + sum(map(len, texts)) / len(texts),
        }
        if drawing:
            return {"score": score, "twin_score": self.twin_score, **counts}
        entropy, kl, val_loss = self.likelihoods(networks["generator"], texts)
        return {"score": score, "entropy": entropy, "kl": kl, **counts, "val_loss": val_loss}

    @functools.cached_property
    def own_prompt(self) -> OwnPrompt:
        """How near answers are to their own prompts."""
        return OwnPrompt(self.prompts, [text[:-1] for text in self.real])

    @functools.cached_property
    def real_ngrams(self) -> MSJaccard:
        """Those of the real answers, of the orders that tell."""
        return MSJaccard(self.real, telling_order(self.real))

    @functools.cached_property
    def enough(self) -> float:
        """MS-Jaccard from which answers are as good as the twin's."""
        return ENOUGH * self.ms_jaccard(self._drawn(Sampler(self.twin)))

    def ms_jaccard(self, texts: list[list[int]]) -> float:
        """MS-Jaccard of texts with the real answers, all of which are taken to end."""
        return self.real_ngrams([[*text, self.example.eos] for text in texts])

    def score(self, texts: list[list[int]]) -> float:
        """How near texts are to their own prompts, `OwnPrompt`, up to what real answers are; in [0, 1].

        Below `enough`, MS-Jaccard takes its share of that. It is all of the score where real answers are no nearer to
        their own prompts than to others, as where these are labels, or there are none.
        """
        if not self.own_prompt.tells:
            return self.ms_jaccard(texts)
        like = self.ms_jaccard(texts)
        return min(self.own_prompt(texts), self.own_prompt.real) * (like / self.enough if like < self.enough else 1.0)
