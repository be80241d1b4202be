"""What a VAE-GAN takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.adversarial.parameters import AdversarialParameters, Players


class Parameters(AdversarialParameters):
    """The `train` section for `method: vaegan`."""

    method: Literal["vaegan"]
    players: Players
    """The encoder learns with the generator, by the same optimiser."""
    start: Literal["fresh", "twin"]
    """Whether generator and encoder begin with fresh weights or with those that `pretrain` has left."""
    reconstruction_weight: float = Field(gt=0)
    """Of the distance in features beside the adversarial loss, for the generator; gamma of Larsen et al."""
