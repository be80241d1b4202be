"""Fitting the classifier that tells styles apart, on a split that no generator sees."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from promptgan.core.compute import Compute
from promptgan.core.errors import PromptganError
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.naive_bayes import NaiveBayes
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.tasks.style.judges import classifier as stored
from promptgan.tasks.style.judges.parameters import Parameters
from promptgan.training.loop.checkpoint import Checkpoint

FEWEST = 20
"""Sentences to fit on."""


class TooFewSentences(PromptganError):
    """The judge split is too small to tell styles apart by."""


@dataclass(frozen=True)
class Fitted:
    """A classifier, and how well it does on sentences that it has not seen."""

    classifier: NaiveBayes
    metrics: dict[str, Any]
    """The content of metrics/judges.json."""

    def save(self, folder: Path) -> None:
        """Write the counts, which `classifier.load` reads."""
        stored.save(folder, self.classifier, self.metrics)

    @property
    def sentence(self) -> str:
        """How well it tells styles apart."""
        return f"judge of styles: accuracy {self.metrics['accuracy']:.3f} on {self.metrics['sentences']} sentences"


def fit(
    judge: Pairs,
    example: Example,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Fitted:
    """Count the sentences of the judge split.

    `accuracy` is held out: each sentence is told by all the others (leave-one-out, which of counts costs nothing).

    Raises:
        TooFewSentences: there are fewer than 20.
    """
    if len(judge) < FEWEST:
        raise TooFewSentences(
            f"data/tokens/judge.arrow holds {len(judge)} sentences; the judge needs {FEWEST}",
            "give the pipeline more data, or a larger judge share in the section validate",
        )
    everything = np.arange(len(judge))
    texts = judge.rows("text", everything)
    styles = [prompt[0] - len(SPECIAL_TOKENS) for prompt in judge.rows("prompt", everything)]
    classifier = NaiveBayes.fitted(texts, styles, example.vocabulary)
    told = classifier.log_odds(texts, (texts, styles)) > 0
    metrics = {
        "classifier": parameters.kind,
        "accuracy": round(float((told == styles).mean()), 4),
        "sentences": len(texts),
        "most_frequent": round(max(np.bincount(styles)) / len(styles), 4),
        "grams": len(classifier.grams),
    }
    return Fitted(classifier, metrics)
