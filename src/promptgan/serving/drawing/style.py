"""A model of styles: puts sentences into one."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from promptgan.serving.asks import Answer, Ask, Facts, Normalised
from promptgan.tasks.style.samples import samples

TEMPERATURE, TOP_P = 0.1, 1.0
"""Those of `promptgan generate`."""


class Drawer(Normalised):
    """Transfers by a model folder.

    Args:
        model: the folder.
        device: where it draws.

    Raises:
        NotAModelFolder, NoTokenizer, NoMarkers: see `promptgan.tasks.style.samples.samples.load`.
    """

    def __init__(self, model: Path, device: torch.device) -> None:
        self.model = samples.load(model, device)

    @property
    def facts(self) -> Facts:
        """What may be asked of it."""
        return {"kinds": ["generate"], "prompted": True, "styles": self.model.styles, "media": "text/plain"}

    def check(self, ask: Ask) -> None:
        """Refuse what cannot be transferred.

        Raises:
            UnusableSentence: there is none, or it has no word.
            UnknownStyle: none is wanted, or one that the model has not learnt.
        """
        if not ask.prompts or not ask.prompts[0].strip():
            raise samples.UnusableSentence("a sentence is empty", "give one with at least one word as the prompt")
        if ask.style not in self.model.styles:
            raise samples.UnknownStyle(ask.style, self.model.styles)

    def generate(self, asks: Sequence[Ask], tell: Callable[[int, int, str], None]) -> list[list[Answer]]:
        """The sentence of each request in its style, ``n`` times; requests are answered one after the other."""
        temperature, top_p = asks[0].settings
        answers: list[list[Answer]] = []
        for ask in asks:
            tell(-1, 0, "")
            texts = samples.transfer(
                self.model,
                [ask.prompts[0]] * ask.n,
                [str(ask.style)] * ask.n,
                seed=ask.seed,
                temperature=TEMPERATURE if temperature is None else temperature,
                top_p=TOP_P if top_p is None else top_p,
            )
            counts = [len(e.ids) + 1 for e in self.model.tokenizer.encode_batch(texts, add_special_tokens=False)]
            answers.append([{"text": t, "tokens": c, "ended": True} for t, c in zip(texts, counts, strict=True)])
        return answers
