"""What is drawn of each model."""

from typing import Annotated

from pydantic import Field, model_validator

from promptgan.core.parameters import Section

LEAST_TEMPERATURE, MOST_TEMPERATURE = 0.01, 10.0


class Parameters(Section):
    """The `generate` section for sentences with a style."""

    temperatures: list[Annotated[float, Field(ge=LEAST_TEMPERATURE, le=MOST_TEMPERATURE)]] = Field(min_length=7)
    """Softmax temperatures of the curves; at least seven, each once."""
    count: int = Field(ge=10)
    """Test sentences, drawn at random, that every model transfers at every temperature; all where there are fewer."""
    temperature: float
    """Of the headline, and of what people read; one of the curves'."""
    shown: int = Field(ge=1, le=100)
    """Sentences that people are shown."""

    @model_validator(mode="after")
    def _each_once_and_the_headline(self) -> "Parameters":
        if len(set(self.temperatures)) < len(self.temperatures):
            raise ValueError("a temperature is given more than once")
        if self.temperature not in self.temperatures:
            raise ValueError(f"temperature {self.temperature} is none of temperatures")
        return self
