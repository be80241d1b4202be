"""What is drawn of each model."""

from pydantic import Field, model_validator

from promptgan.core.parameters import Section
from promptgan.forms.tokens.temperature import Temperatures


class Parameters(Section):
    """The `generate` section for sentences with a style."""

    temperatures: Temperatures = Field(min_length=7)
    """Softmax temperatures of the curves; at least seven, each once."""
    count: int = Field(ge=10)
    """Test sentences, drawn at random, that every model transfers at every temperature; all where there are fewer."""
    temperature: float
    """Of the headline, and of what people read; one of the curves'."""
    shown: int = Field(ge=1, le=100)
    """Sentences that people are shown."""

    @model_validator(mode="after")
    def _with_the_headline(self) -> "Parameters":
        if self.temperature not in self.temperatures:
            raise ValueError(f"temperature {self.temperature} is none of temperatures")
        return self
