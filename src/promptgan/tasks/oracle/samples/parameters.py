"""What is drawn of each model."""

from typing import Annotated

from pydantic import Field, field_validator

from promptgan.core.parameters import Section

LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.01, 10.0


class Parameters(Section):
    """The `generate` section for sequences of the oracle."""

    temperatures: list[Annotated[float, Field(ge=LEAST_TEMPERATURE, le=MOST_TEMPERATURE)]]
    """Softmax temperatures of the curves, each once; 1, at which numbers are published, among them."""
    count: int = Field(ge=10)
    """Sequences of every model at every temperature."""
    shown: int = Field(ge=1, le=100)
    """The first of them at temperature 1, which people are shown."""

    @field_validator("temperatures")
    @classmethod
    def _each_once_and_one(cls, temperatures: list[float]) -> list[float]:
        if repeated := sorted({t for t in temperatures if temperatures.count(t) > 1}):
            raise ValueError(f"given more than once: {', '.join(map(str, repeated))}")
        if 1.0 not in temperatures:
            raise ValueError("1.0 must be among them")
        return temperatures
