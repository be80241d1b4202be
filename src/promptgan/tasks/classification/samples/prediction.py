"""A classifier of a loaded model folder: what it says of texts, and why."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from promptgan.core.errors import PromptganError, nearest, shown
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import pad
from promptgan.forms.tokens.tokenizer import load_tokenizer
from promptgan.networks import folder
from promptgan.tasks.classification import explanation

Floats = npt.NDArray[np.float64]

BATCH_TOKENS = 8192
"""Of texts that are read together, padding counted."""


class UnreadableText(PromptganError):
    """A text is not there, has nothing but spaces, or is not valid UTF-8."""


class UnknownLabel(PromptganError):
    """The classifier knows no such label."""

    def __init__(self, label: str, labels: Sequence[str]) -> None:
        super().__init__(
            f"the classifier knows no label {shown(label)}{nearest(label, list(labels))}",
            f"give one of {', '.join(labels)}",
        )


class Encoder(explanation.Encoder, Protocol):
    """A network of the family `classifier`."""

    def __call__(self, text: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, K) of texts (N, T) of ``lengths`` (N,), their end counted."""


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

    @torch.no_grad()
    def probabilities(self, texts: list[str]) -> Floats:
        """Of each label for each text, (N, K); of a long text the first ``example.max_tokens`` - 1 tokens are read."""
        rows = [encoding.ids for encoding in self._encoded(texts)]
        found = np.zeros((len(texts), len(self.labels)))
        for batch in _batches([len(row) + 1 for row in rows]):
            ids, lengths = pad([rows[i] for i in batch], (self.example.eos,))
            logits = self.encoder(ids.to(self.device), lengths.to(self.device))
            found[batch] = logits.double().softmax(-1).cpu().numpy()
        return found

    def explained(self, text: str, label: str) -> list[explanation.Word]:
        """The words of a text, with what each adds to the logit of a label.

        Raises:
            UnknownLabel: there is no such label.
        """
        (encoding,) = self._encoded([text])
        ids, lengths = (each.to(self.device) for each in pad([encoding.ids], (self.example.eos,)))
        values, _ = explanation.attributions(self.encoder, ids, lengths, self.number(label))
        return explanation.by_word(text, encoding.offsets, values[0, :-1].tolist())

    def number(self, label: str) -> int:
        """The place of a label among the outputs.

        Raises:
            UnknownLabel: there is no such label.
        """
        if label not in self.labels:
            raise UnknownLabel(label, self.labels)
        return self.labels.index(label)

    def _encoded(self, texts: list[str]) -> list[Encoding]:
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
    named = importlib.import_module("promptgan.tasks.classification.arrays.labels")
    encoder = cast("Encoder", loaded.networks["encoder"])
    example = folder.example_of(loaded.index, model)
    return Classifier(named.labels_of(model), encoder, load_tokenizer(model), example, device)


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


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of texts that are read together: of like length, at most `BATCH_TOKENS` tokens or one text."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):  # each is as long as the longest before, or longer
        if not batches or (len(batches[-1]) + 1) * lengths[i] > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(i)
    return batches
