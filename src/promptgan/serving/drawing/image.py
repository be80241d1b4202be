"""A model of images: draws them, of a label or a caption where it was taught such."""

import base64
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from promptgan.forms.tensors.drawing import draw, noise
from promptgan.serving.asks import Answer, Ask, Facts
from promptgan.tasks.image.samples import samples
from promptgan.tasks.image.samples.pictures import png
from promptgan.tasks.image.samples.samples import UnusableRequest


class Drawer:
    """Draws by a model folder.

    Args:
        model: the folder.
        device: where it draws.

    Raises:
        NotAModelFolder, NoPrior: see `promptgan.tasks.image.samples.samples.load_with_prior`.
    """

    def __init__(self, model: Path, device: torch.device) -> None:
        self.model = samples.load_with_prior(model)
        self.model.generator.to(device)

    @property
    def facts(self) -> Facts:
        """What may be asked of it."""
        prompted = bool(self.model.labels or self.model.captions)
        return {"kinds": ["generate"], "prompted": prompted, "labels": self.model.labels, "media": "image/png"}

    def check(self, ask: Ask) -> None:
        """Refuse what cannot be drawn.

        Raises:
            UnusableRequest: a label or caption is asked for that the model has not learnt, or none, or needlessly.
        """
        if not (self.model.labels or self.model.captions):
            if any(ask.prompts):
                raise UnusableRequest("this model is not told what to make", "leave the prompt out")
            return
        if not any(ask.prompts):
            raise UnusableRequest("this model is told what to make", "give a label or a caption as the prompt")
        self.model.check(ask.prompts)
        self.model.conditions(ask.prompts)

    def generate(self, asks: Sequence[Ask], tell: Callable[[int, int, str], None]) -> list[list[Answer]]:
        """The images of requests, drawn together; those of each follow from its own seed."""
        tell(-1, 0, "")
        z = torch.cat([noise(ask.seed, ask.n, self.model.generator.latent) for ask in asks])
        asked = [prompt for ask in asks for prompt in ask.prompts for _ in range(ask.n)]
        drawn = iter(draw(self.model.generator, z, self.model.conditions(asked)))
        return [[{"image": base64.b64encode(png(next(drawn))).decode()} for _ in range(ask.n)] for ask in asks]
