"""A classifier of a loaded model folder: what it says of texts, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Encoding, Tokenizer

from promptgan.core.errors import PromptganError, nearest, shown
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.labels import labels_of
from promptgan.forms.tokens.tokenizer import load_tokenizer
from promptgan.networks import folder
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.told import told

Floats = npt.NDArray[np.float64]


class UnreadableText(PromptganError):
    """A text is not there, has nothing but spaces, or is not valid UTF-8."""


class UnknownLabel(PromptganError):
    """The classifier knows no such label."""

    def __init__(self, label: str, labels: Sequence[str]) -> None:
        super().__init__(
            f"the classifier knows no label {shown(label)}{nearest(label, list(labels))}",
            f"give one of {', '.join(labels)}",
        )


@dataclass(frozen=True)
class Classifier:
    """What tells labels of texts."""

    labels: list[str]
    """In the order of its outputs."""
    encoder: Encoder
    """In evaluation mode."""
    tokenizer: Tokenizer
    example: Example
    device: torch.device

    def probabilities(self, texts: list[str]) -> Floats:
        """Of each label for each text, (N, K); of a long text the first ``example.max_tokens`` - 1 tokens are read."""
        return told(self.encoder, self.ids(texts), self.example.eos)

    def ids(self, texts: list[str]) -> list[list[int]]:
        """What is read of texts, as token ids without special tokens."""
        return [encoding.ids for encoding in self.encoded(texts)]

    def number(self, label: str) -> int:
        """The place of a label among the outputs.

        Raises:
            UnknownLabel: there is no such label.
        """
        if label not in self.labels:
            raise UnknownLabel(label, self.labels)
        return self.labels.index(label)

    def encoded(self, texts: list[str]) -> list[Encoding]:
        """The tokens that are read of each text, and where they stand in it."""
        encodings: list[Encoding] = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        for encoding in encodings:
            encoding.truncate(self.example.max_tokens - 1)
        return encodings


def load(model: Path, device: torch.device | None = None) -> Classifier:
    """Load the classifier of a model folder.

    Raises:
        NotAModelFolder, NoTokenizer: a file is missing or broken, or its task is another.
    """
    device = device or torch.device("cpu")
    loaded = folder.load(model, device, ["encoder"])
    if loaded.index["task"] != "classification":
        raise folder.NotAModelFolder(
            f"the model in {model} tells no labels: its task is {loaded.index['task']}",
            "give the folder of one that does, such as models/adversarial of a recipe for classifiers",
        )
    encoder = cast("Encoder", loaded.networks["encoder"])
    example = folder.example_of(loaded.index, model)
    return Classifier(labels_of(model), encoder, load_tokenizer(model), example, device)


def readable(texts: Sequence[str]) -> list[str]:
    """Texts as a classifier may read them.

    Raises:
        UnreadableText: one is blank, or was not valid UTF-8.
    """
    for number, text in enumerate(texts, 1):
        if not text.strip():
            raise UnreadableText(f"text {number} is empty", "give texts with at least one word")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UnreadableText(f"text {number} is not valid UTF-8: {shown(text)}", "give it as UTF-8") from error
    return list(texts)
