"""How what networks make of the same inputs changes through their training: images of each validation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import load_file
from safetensors.torch import save as saved
from torch import Tensor, nn

from promptgan.core.compute import Compute, autocast
from promptgan.core.spread import evenly
from promptgan.forms.tensors.codes import DETERMINISTIC
from promptgan.forms.tensors.drawing import draw, noise, translate
from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator, TensorTranslator
from promptgan.forms.tensors.tensors import Tensors

COURSE = "course.safetensors"
"""The file in a model folder."""
FOLLOWED = 12
"""Inputs that are followed."""


class Course:
    """What becomes of the same inputs, validation by validation: a part of a method's state.

    The inputs are latent vectors, of a translator images of kind 0, and of a plain autoencoder images, since its codes
    have no prior. Images and conditions are of validation examples from all over the split.

    Args:
        val: the validation split.
        compute: precision of drawing.
        seed: of the latent vectors.
    """

    def __init__(self, val: Tensors, compute: Compute, seed: int) -> None:
        self.val, self.compute, self.seed = val, compute, seed
        self.made: list[Tensor] = []
        """uint8 (N, C, H, W) of each validation."""

    def follow(self, networks: Mapping[str, nn.Module]) -> None:
        """Note what the networks, in evaluation mode, make now."""
        with autocast(self.compute):
            self.made.append(self._made(networks))

    @torch.no_grad()
    def _made(self, networks: Mapping[str, nn.Module]) -> Tensor:
        generator = networks["generator"]
        translated = isinstance(generator, TensorTranslator)
        among = np.flatnonzero(self.val.labels == 0) if translated else np.arange(len(self.val))
        chosen = among[evenly(FOLLOWED, len(among))]
        if isinstance(generator, TensorTranslator):
            return translate(generator, self.val.stored(chosen))
        drawing = cast("TensorGenerator", generator)
        z = noise(self.seed, len(chosen), drawing.latent)
        if encoder := networks.get(DETERMINISTIC):
            batch = self.val.batch(chosen).to(next(encoder.parameters()).device)
            z = cast("TensorEncoder", encoder)(*batch)[0].float()
        return draw(drawing, z, self.val.condition(chosen))

    def state_dict(self) -> dict[str, Any]:
        """Everything so far."""
        return {"made": list(self.made)}

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Put back what `state_dict` returned."""
        self.made = list(state_dict["made"])

    @property
    def files(self) -> dict[str, bytes]:
        """What `course_of` reads in a model folder, by its name."""
        return {COURSE: saved({"made": torch.stack(self.made)})}


def course_of(model: Path) -> Tensor | None:
    """What was made at each validation, untrained first, uint8 (validations, N, C, H, W); None where there is none."""
    return load_file(model / COURSE)["made"] if (model / COURSE).is_file() else None
