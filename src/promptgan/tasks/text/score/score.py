"""What training validates answers by: how far they are as varied and as frequent as real ones, and from the twin."""

import functools
from collections.abc import Mapping

import torch
from torch import nn

from promptgan.forms.tokens.answering import Answering
from promptgan.forms.tokens.sampler import Drawing
from promptgan.tasks.text.score.ms_jaccard import MSJaccard
from promptgan.training.loop.method import Row


class Score(Answering):
    """Measures answers to the same validation prompts; see `Answering` for its arguments."""

    @torch.no_grad()
    def __call__(self, networks: Mapping[str, nn.Module], drawing: Drawing | None = None) -> Row:
        """MS-Jaccard as score, the share of duplicates and the mean length.

        Of answers that the generator draws alone, in nats per token, their entropy, their KL to the twin, and the NLL
        of real ones. Of those that are resampled none of these is known; beside them stands `twin_score`, the score
        of the generator's own answers.
        """
        texts = self.answers(networks, drawing)
        score = self.score(texts)
        counts = {
            "duplicates": 1 - len(set(map(tuple, texts))) / len(texts),
            "length": 1 + sum(map(len, texts)) / len(texts),
        }
        if drawing:
            return {"score": score, "twin_score": self.twin_score, **counts}
        entropy, kl, val_loss = self.likelihoods(networks["generator"], texts)
        return {"score": score, "entropy": entropy, "kl": kl, **counts, "val_loss": val_loss}

    @functools.cached_property
    def real_ngrams(self) -> MSJaccard:
        """Those of the real answers."""
        return MSJaccard(self.real, 4)

    def score(self, texts: list[list[int]]) -> float:
        """MS-Jaccard of texts, all of which are taken to end."""
        return self.real_ngrams([[*text, self.example.eos] for text in texts])
