"""An index of questions: the training pair whose question is nearest, and its answer where the two are near enough."""

from collections.abc import Sequence
from pathlib import Path

import torch

from promptgan.applications.support import support
from promptgan.serving.asks import Answer, Ask, Facts


class Drawer:
    """Retrieves by a folder that `promptgan support build` has written.

    Args:
        model: the folder.
        device: not used: one question is embedded at a time.

    Raises:
        NoIndex, NoEmbedder, ToolMissing: see `promptgan.applications.support.support.load`.
    """

    def __init__(self, model: Path, device: torch.device) -> None:
        self.support = support.load(model)

    @property
    def facts(self) -> Facts:
        """What may be asked of it."""
        told = {name: self.support.facts[name] for name in ("questions", "ranker", "threshold")}
        return {"kinds": ["retrieve"], "media": "text/plain", **told}

    def check(self, ask: Ask) -> None:
        """Refuse what cannot be looked up.

        Raises:
            NoQuestion: there is no word.
        """
        self.support.readable(ask.prompts)

    def retrieve(self, asks: Sequence[Ask]) -> list[list[Answer]]:
        """The nearest pair to each question; with its answer as the text where that is given."""
        found = iter(self.support.nearest([prompt for ask in asks for prompt in ask.prompts]))
        answers: list[list[Answer]] = []
        for ask in asks:
            pairs = [next(found) for _ in ask.prompts]
            answers.append([
                {
                    "record": pair.record,
                    "question": pair.question,
                    "similarity": pair.score,
                    **({"text": pair.answer} if self.support.sure(pair) else {}),
                }
                for pair in pairs
            ])  # fmt: skip
        return answers
