"""A classifier of texts."""

from collections.abc import Sequence
from pathlib import Path

import torch

from promptgan.serving.asks import Answer, Ask, Facts, Normalised
from promptgan.tasks.classification.samples import prediction


class Drawer(Normalised):
    """Tells labels by a model folder.

    Args:
        model: the folder.
        device: where it reads.

    Raises:
        NotAModelFolder, NoTokenizer: see `promptgan.tasks.classification.samples.prediction.load`.
    """

    def __init__(self, model: Path, device: torch.device) -> None:
        self.model = prediction.load(model, device)

    @property
    def facts(self) -> Facts:
        """What may be asked of it."""
        return {"kinds": ["classify"], "labels": self.model.labels, "media": "application/json"}

    def check(self, ask: Ask) -> None:
        """Refuse what cannot be read.

        Raises:
            UnreadableText: a text has nothing but spaces.
        """
        prediction.readable(ask.prompts)

    def classify(self, asks: Sequence[Ask]) -> list[list[Answer]]:
        """The likeliest label of each text, and the probabilities of all."""
        probabilities = iter(self.model.probabilities([text for ask in asks for text in ask.prompts]))
        return [[self._answer([float(p) for p in next(probabilities)]) for _ in ask.prompts] for ask in asks]

    def _answer(self, row: list[float]) -> Answer:
        told = dict(zip(self.model.labels, (round(p, 6) for p in row), strict=True))
        return {"label": max(told, key=told.__getitem__), "probabilities": told}
