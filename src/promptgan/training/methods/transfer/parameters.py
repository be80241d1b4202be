"""What training a transfer between two styles takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.adversarial.parameters import TextParameters


class Parameters(TextParameters):
    """The `train` section for `method: transfer`; `likelihood_weight` is that of denoising."""

    method: Literal["transfer"]
    adversarial_weight: float = Field(ge=0)
    """Of the discriminator's verdict on transferred texts; 0 leaves it out."""
    back_translation_weight: float = Field(ge=0)
    """Of the likelihood of a text, given what was made of it in the other style; 0 leaves it out."""
    relaxation: float = Field(gt=0)
    """Temperature of the Gumbel-softmax through which the verdict's gradient passes."""
