"""What is drawn of each model."""

from pydantic import Field, field_validator

from promptgan.core.parameters import Section
from promptgan.forms.tokens.temperature import Temperature, Temperatures


class Parameters(Section):
    """The `generate` section for music."""

    temperatures: Temperatures
    """Softmax temperatures of the curves, each once; 1, at which likelihood is measured, among them."""
    count: int = Field(ge=10)
    """Test prompts, drawn at random, that every model answers at every temperature; all where there are fewer."""
    temperature: Temperature
    """Of the pieces that people hear."""
    top_p: float = Field(gt=0, le=1)
    """Nucleus of the pieces that people hear; the curves use all of it."""
    heard: int = Field(ge=1, le=50)
    """Test prompts whose answers people hear."""

    @field_validator("temperatures")
    @classmethod
    def _with_one(cls, temperatures: list[float]) -> list[float]:
        if 1.0 not in temperatures:
            raise ValueError("1.0 must be among them")
        return temperatures
