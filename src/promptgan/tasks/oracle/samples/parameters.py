"""What is drawn of each model."""

from pydantic import Field, field_validator

from promptgan.core.parameters import Section
from promptgan.forms.tokens.temperature import Temperatures


class Parameters(Section):
    """The `generate` section for sequences of the oracle."""

    temperatures: Temperatures
    """Softmax temperatures of the curves, each once; 1, at which numbers are published, among them."""
    count: int = Field(ge=10)
    """Sequences of every model at every temperature."""
    shown: int = Field(ge=1, le=100)
    """The first of them at temperature 1, which people are shown."""

    @field_validator("temperatures")
    @classmethod
    def _with_one(cls, temperatures: list[float]) -> list[float]:
        if 1.0 not in temperatures:
            raise ValueError("1.0 must be among them")
        return temperatures
