"""What unpaired translation takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.adversarial.parameters import AdversarialParameters, Players


class Parameters(AdversarialParameters):
    """The `train` section for `method: cyclegan`."""

    method: Literal["cyclegan"]
    players: Players
    """Each is two networks, one for either direction."""
    cycle_weight: float = Field(gt=0)
    """Of the distance between an image and what becomes of it there and back."""
    identity_weight: float = Field(ge=0)
    """Of the distance between an image and its translation into what it is already."""
    pool: int = Field(ge=1)
    """Earlier translations that are kept to be shown to a discriminator again."""
