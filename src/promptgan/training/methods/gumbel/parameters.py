"""What adversarial training by Gumbel-softmax takes."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.training.adversarial.parameters import TextParameters


class Waiting(Section):
    """Who waits while the other is too weak, by the discriminator's accuracy (a running mean)."""

    generator_below: float = Field(ge=0, le=1)
    """Below it, the generator's adversarial gradient waits."""
    discriminator_above: float = Field(ge=0, le=1)
    """Above it, the discriminator waits."""


class Parameters(TextParameters):
    """The `train` section for `method: gumbel`."""

    method: Literal["gumbel"]
    waiting: Waiting
    gumbel_start: float = Field(gt=0)
    """Relaxation temperature at the first step; it falls geometrically to that of the last."""
    gumbel_end: float = Field(gt=0)
