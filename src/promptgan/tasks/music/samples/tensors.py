"""Models that draw music as piano rolls."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch

from promptgan.core.errors import PromptganError
from promptgan.forms.tensors.drawing import draw, noise, truncated
from promptgan.forms.tensors.form import labels_of
from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.media.music import arrays
from promptgan.media.music.prompts import Prompt, UnusablePrompt
from promptgan.networks import folder

BATCH = 256


class UnusableTemperature(PromptganError):
    """A temperature that is no standard deviation."""


@dataclass(frozen=True)
class RollModel:
    """What answers prompts with piano rolls; see `promptgan.tasks.music.samples.samples.MusicModel`."""

    generator: TensorGenerator
    """In evaluation mode."""
    encoder: TensorEncoder | None
    """That of its autoencoder, where it is one's."""
    labels: list[str]
    """The prompts that it knows."""
    index: dict[str, Any]

    @property
    def grid(self) -> int:
        """A sixteenth."""
        return arrays.STEP

    @property
    def voices(self) -> int:
        """A channel each."""
        return int(self.index["example"]["channels"])

    def knows(self, key: str) -> bool:
        """Whether it has learnt a prompt with that key."""
        return any(label.startswith(f"{key} ") for label in self.labels)

    def words(
        self, asked: list[Prompt], seed: int, temperature: float, top_p: float, batch: int | None
    ) -> list[tuple[list[str], int]]:
        """What the rolls say that are drawn from normal latent vectors.

        Args:
            asked: keys and metres.
            seed: of the latent vectors.
            temperature: their standard deviation, after Kingma and Dhariwal, 2018 (arXiv:1807.03039), section 6.
            top_p: the middle of their distribution that is drawn from has this probability, entry by entry.
            batch: rolls that are drawn at once.

        Raises:
            UnusablePrompt: the model has learnt no such key and metre.
            UnusableTemperature: it is below 0.
        """
        if not temperature >= 0:
            raise UnusableTemperature(f"nothing can be drawn at a temperature of {temperature}", "give 0 or more")
        return self.drawn(asked, temperature * truncated(noise(seed, len(asked), self.generator.latent), top_p), batch)

    def drawn(self, asked: list[Prompt], z: torch.Tensor, batch: int | None = None) -> list[tuple[list[str], int]]:
        """What the rolls of latent vectors (N, Z) say, in the keys and metres of as many prompts.

        Raises:
            UnusablePrompt: the model has learnt no such key and metre.
        """
        for prompt in asked:
            if str(prompt) not in self.labels:
                raise UnusablePrompt(str(prompt), f"is none that the model has learnt: {', '.join(self.labels)}")
        condition = torch.tensor([self.labels.index(str(prompt)) for prompt in asked])
        rolls = draw(self.generator, z, condition, batch or BATCH).numpy()
        read = (arrays.read(roll, prompt.metre) for roll, prompt in zip(rolls, asked, strict=True))
        return [(each.words, each.mended) for each in read]


def load(model: Path, device: torch.device | None = None) -> RollModel:
    """Load a generator, and the encoder where there is one.

    Raises:
        NotAModelFolder: a file is missing or broken.
    """
    known = folder.read_index(model).get("networks", ())
    names = ["generator", *(["encoder"] if "encoder" in known else [])]
    loaded = folder.load(model, device, names)
    encoder = cast("TensorEncoder | None", loaded.networks.get("encoder"))
    return RollModel(cast("TensorGenerator", loaded.networks["generator"]), encoder, labels_of(model), loaded.index)
