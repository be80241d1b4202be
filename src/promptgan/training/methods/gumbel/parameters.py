"""What adversarial training by Gumbel-softmax takes."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.training.guards import Guards
from promptgan.training.loop.players import PlayerParameters


class Players(Section):
    """Who learns."""

    generator: PlayerParameters
    discriminator: PlayerParameters


class Waiting(Section):
    """Who waits while the other is too weak, by the discriminator's accuracy (a running mean)."""

    generator_below: float = Field(ge=0, le=1)
    """Below it, the generator's adversarial gradient waits."""
    discriminator_above: float = Field(ge=0, le=1)
    """Above it, the discriminator waits."""


class Parameters(Section):
    """The `train` section for `method: gumbel`."""

    method: Literal["gumbel"]
    objective: str
    """A file in `promptgan.objectives`."""
    penalty: str
    """A file in `promptgan.penalties`: on the slope of the discriminator."""
    penalty_weight: float = Field(ge=0)
    steps: int = Field(ge=1)
    """Units of work, at most: each player takes its own number of steps in one."""
    warmup: int = Field(ge=0)
    """Units of work before the first of them, in which the discriminator learns alone, a step in each."""
    batch: int = Field(ge=2)
    players: Players
    waiting: Waiting
    gumbel_start: float = Field(gt=0)
    """Relaxation temperature at the first step; it falls geometrically to that of the last."""
    gumbel_end: float = Field(gt=0)
    likelihood_weight: float = Field(ge=0)
    """Of a likelihood gradient added to each generator step; 0 leaves it out."""
    ema: float = Field(ge=0, lt=1)
    """Decay of the moving average of the generator's weights, which is what is validated and used."""
    validate_every: int = Field(ge=1)
    validation_count: int = Field(ge=10)
    """Prompts that are answered for a validation."""
    patience: int = Field(ge=1)
    """Validations in a row without a better score after which training stops."""
    checkpoint_every: int = Field(ge=1)
    guards: Guards
