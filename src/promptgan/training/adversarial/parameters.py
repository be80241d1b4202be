"""What every method with a discriminator takes, and what adversarial ones take besides."""

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.training.adversarial.guards import Guards
from promptgan.training.loop.players import PlayerParameters


class Players(Section):
    """Who learns."""

    generator: PlayerParameters
    discriminator: PlayerParameters


class AdversarialParameters(Section):
    """The part of the `train` section that no method with a discriminator goes without."""

    method: str
    objective: str
    """A file in `promptgan.objectives`."""
    penalty: str
    """A file in `promptgan.penalties`: on the slope of the discriminator."""
    penalty_weight: float = Field(ge=0)
    steps: int = Field(ge=1)
    """Units of work, at most: each player takes its own number of steps in one."""
    batch: int = Field(ge=2)
    """Examples, which for texts are prompts."""
    ema: float = Field(ge=0, lt=1)
    """Decay of the moving average of the weights of who is trained for use, which is what is validated and used."""
    validate_every: int = Field(ge=1)
    validation_count: int = Field(ge=10)
    """Examples that are drawn for a validation."""
    patience: int = Field(ge=1)
    """Validations in a row without a better score after which training stops."""
    checkpoint_every: int = Field(ge=1)


class TextParameters(AdversarialParameters):
    """The part of the `train` section that no adversarial method of texts goes without."""

    players: Players
    warmup: int = Field(ge=0)
    """Units of work before the first of them, in which the discriminator learns alone, a step in each."""
    likelihood_weight: float = Field(ge=0)
    """Of a likelihood gradient on the real texts added to each generator step; 0 leaves it out."""
    guards: Guards
