"""What cooperative training takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.adversarial.parameters import TextParameters


class Parameters(TextParameters):
    """The `train` section for `method: cooperative`."""

    method: Literal["cooperative"]
    candidates: int = Field(ge=2)
    """Answers that the generator draws to each prompt, and of which it learns those that seem real."""
    sharpness: float = Field(ge=0)
    """Exponent of the odds that an answer is real, by which candidates are weighted; 0 weighs all alike."""
