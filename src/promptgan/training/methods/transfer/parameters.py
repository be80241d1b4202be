"""What training a transfer between two styles takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.adversarial.parameters import TextParameters


class Parameters(TextParameters):
    """The `train` section for `method: transfer`; `likelihood_weight` is that of restoring texts in their own style."""

    method: Literal["transfer"]
    adversarial_weight: float = Field(gt=0)
    """Of the likelihood of candidates that the discriminator takes for the wanted style."""
    candidates: int = Field(ge=2)
    """Transfers that the generator draws of each text, and of which it learns those of the other style."""
    sharpness: float = Field(ge=0)
    """Exponent of the odds of the other style, by which candidates are weighted; 0 weighs all alike."""
