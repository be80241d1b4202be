"""Fitting the classifier that says whether texts carry their label, on a split that no other one learns from."""

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
from promptgan.tasks.classification.judges import classifier as stored
from promptgan.tasks.classification.judges.parameters import Parameters
from promptgan.training.loop.checkpoint import Checkpoint

FEWEST = 20
"""Texts to fit on."""


class TooFewTexts(PromptganError):
    """The judge split is too small to tell labels by."""


@dataclass(frozen=True)
class Fitted:
    """A classifier, and how well it does on texts that it has not seen."""

    classifier: NaiveBayes
    metrics: dict[str, Any]
    """The content of metrics/judges.json."""

    def save(self, folder: Path) -> None:
        """Write the counts, which `classifier.load` reads."""
        stored.save(folder, self.classifier, self.metrics)

    @property
    def sentence(self) -> str:
        """How well it tells labels."""
        return f"judge of labels: accuracy {self.metrics['accuracy']:.3f} on {self.metrics['texts']} texts"


def fit(
    judge: Pairs,
    example: Example,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Fitted:
    """Count the texts of the judge split.

    `accuracy` is held out: each text is told by all the others (leave-one-out, which of counts costs nothing).

    Raises:
        TooFewTexts: there are fewer than 20.
    """
    if len(judge) < FEWEST:
        raise TooFewTexts(
            f"data/tokens/judge.arrow holds {len(judge)} texts; the judge needs {FEWEST}",
            "give the pipeline more data, or a larger judge share in the section validate",
        )
    everything = np.arange(len(judge))
    texts = judge.rows("text", everything)
    first = example.vocabulary if example.base else len(SPECIAL_TOKENS)
    labels = [prompt[0] - first for prompt in judge.rows("prompt", everything)]
    classifier = NaiveBayes.fitted(texts, labels, example.vocabulary, max(labels) + 1)
    told = classifier.log_joint(texts, (texts, labels)).argmax(1)
    metrics = {
        "classifier": parameters.kind,
        "accuracy": round(float((told == labels).mean()), 4),
        "texts": len(texts),
        "most_frequent": round(max(np.bincount(labels)) / len(labels), 4),
        "grams": len(classifier.grams),
    }
    return Fitted(classifier, metrics)
