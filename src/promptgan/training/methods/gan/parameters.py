"""What adversarial training of arrays takes."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.training.loop.players import PlayerParameters


class Players(Section):
    """Who learns."""

    generator: PlayerParameters
    discriminator: PlayerParameters


class Parameters(Section):
    """The `train` section for `method: gan`."""

    method: Literal["gan"]
    start: Literal["fresh", "twin"]
    """Whether the generator begins with fresh weights or with those that `pretrain` has left."""
    objective: str
    """A file in `promptgan.objectives`."""
    penalty: str
    """A file in `promptgan.penalties`: on the slope of the discriminator."""
    penalty_weight: float = Field(ge=0)
    steps: int = Field(ge=1)
    """Units of work: each player takes its own number of steps in one, the discriminator first."""
    batch: int = Field(ge=2)
    players: Players
    ema: float = Field(ge=0, lt=1)
    """Decay of the moving average of the generator's weights, which is what is validated and used."""
    validate_every: int = Field(ge=1)
    validation_count: int = Field(ge=10)
    """Arrays that are drawn for a validation."""
    patience: int = Field(ge=1)
    """Validations in a row without a better score after which training stops."""
    checkpoint_every: int = Field(ge=1)
