"""The judge of what is said of single texts: a classifier that has counted those of a split that no other one sees."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import load_file
from safetensors.numpy import save as saved

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.naive_bayes import NaiveBayes
from promptgan.forms.tokens.pairs import Pairs

INDEX, COUNTS = "index.json", "judge.safetensors"
FEWEST = 20
"""Texts to fit on."""


class TooFewTexts(PromptganError):
    """The judge split is too small to tell labels by."""


class NoJudge(PromptganError):
    """A folder does not hold the judge that the stage judges writes."""


class Names(NamedTuple):
    """What a task calls things."""

    task: str
    labels: str
    texts: str


@dataclass(frozen=True)
class Fitted:
    """A classifier, and how well it does on texts that it has not seen."""

    names: Names
    classifier: NaiveBayes
    metrics: dict[str, Any]
    """The content of metrics/judges.json."""

    def save(self, folder: Path) -> None:
        """Write ``index.json``, which has the metrics too, and the counts; `load` reads them."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / COUNTS).write_bytes(saved(self.classifier.state()))
        index = {"kind": "judge", "task": self.names.task, "vocabulary": self.classifier.vocabulary, **self.metrics}
        write_json(folder / INDEX, index)

    @property
    def sentence(self) -> str:
        """How well it tells labels."""
        accuracy, count = self.metrics["accuracy"], self.metrics[self.names.texts]
        return f"judge of {self.names.labels}: accuracy {accuracy:.3f} on {count} {self.names.texts}"


def count(judge: Pairs, vocabulary: int, first: int, kind: str, names: Names) -> Fitted:
    """Count the texts of the judge split, whose prompts begin with their labels.

    `accuracy` is held out: each text is told by all the others (leave-one-out, which of counts costs nothing).

    Args:
        judge: the split.
        vocabulary: token ids.
        first: the token of the first label.
        kind: the `judges.kind` of the recipe.
        names: of the task.

    Raises:
        TooFewTexts: there are fewer than 20.
    """
    if len(judge) < FEWEST:
        raise TooFewTexts(
            f"data/tokens/judge.arrow holds {len(judge)} {names.texts}; the judge needs {FEWEST}",
            "give the pipeline more data, or a larger judge share in the section validate",
        )
    everything = np.arange(len(judge))
    texts = judge.rows("text", everything)
    labels = [prompt[0] - first for prompt in judge.rows("prompt", everything)]
    classifier = NaiveBayes.fitted(texts, labels, vocabulary, max(1, *labels) + 1)
    told = classifier.log_joint(texts, (texts, labels)).argmax(1)
    metrics = {
        "classifier": kind,
        "accuracy": round(float((told == labels).mean()), 4),
        names.texts: len(texts),
        "most_frequent": round(max(np.bincount(labels)) / len(labels), 4),
        "grams": len(classifier.grams),
    }
    return Fitted(names, classifier, metrics)


def load(folder: Path) -> NaiveBayes:
    """The judge of a folder.

    Raises:
        NoJudge: a file is missing or broken.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return NaiveBayes(index["vocabulary"], **load_file(folder / COUNTS))
    except Exception as error:  # safetensors raises its own
        raise NoJudge(f"{folder} holds no judge: {error}", "run `dvc repro judges`, or `dvc checkout`") from error
