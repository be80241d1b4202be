"""What training the energy of a residual energy-based model takes."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.training.adversarial.parameters import AdversarialParameters
from promptgan.training.loop.players import PlayerParameters


class Learner(Section):
    """Who learns: the generator does not."""

    discriminator: PlayerParameters


class Parameters(AdversarialParameters):
    """The `train` section for `method: residual`."""

    method: Literal["residual"]
    objective: Literal["non_saturating"]
    """Its discriminator's loss is the logistic one, under which a logit becomes the log ratio of the densities."""
    players: Learner
    candidates: int = Field(ge=2)
    """Answers that the generator proposes, of which one is taken by its energy; kept in the model folder."""
