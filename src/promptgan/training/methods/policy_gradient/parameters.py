"""What training by policy gradient takes."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.training.guards import Guards
from promptgan.training.loop.players import PlayerParameters


class Players(Section):
    """Who learns."""

    generator: PlayerParameters
    discriminator: PlayerParameters


class Parameters(Section):
    """The `train` section for `method: policy_gradient`."""

    method: Literal["policy_gradient"]
    objective: str
    """A file in `promptgan.objectives`, of the discriminator."""
    penalty: str
    """A file in `promptgan.penalties`: on the slope of the discriminator."""
    penalty_weight: float = Field(ge=0)
    steps: int = Field(ge=1)
    """Units of work, at most: each player takes its own number of steps in one."""
    warmup: int = Field(ge=0)
    """Units of work before the first of them, in which the discriminator learns alone, a step in each."""
    batch: int = Field(ge=2)
    """Prompts."""
    roll_outs: int = Field(ge=1)
    """Completions drawn of every beginning of an answer, whose mean reward is that of its last token."""
    baseline_learning_rate: float = Field(gt=0)
    """Of what foretells the reward, which is subtracted from it."""
    players: Players
    likelihood_weight: float = Field(ge=0)
    """Of a likelihood gradient on the real texts added to each generator step; 0 leaves it out."""
    ema: float = Field(ge=0, lt=1)
    """Decay of the moving average of the generator's weights, which is what is validated and used."""
    validate_every: int = Field(ge=1)
    validation_count: int = Field(ge=10)
    """Prompts that are answered for a validation."""
    patience: int = Field(ge=1)
    """Validations in a row without a better score after which training stops."""
    checkpoint_every: int = Field(ge=1)
    guards: Guards
