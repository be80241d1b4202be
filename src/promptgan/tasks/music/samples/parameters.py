"""What is drawn of each model."""

from typing import Annotated

from pydantic import Field, field_validator

from promptgan.core.parameters import Section

Temperature = Annotated[float, Field(ge=0.01, le=10)]


class Parameters(Section):
    """The `generate` section for music."""

    temperatures: list[Temperature]
    """Of the curves, each once; 1, at which likelihood is measured, among them. Of words they divide the logits; of
    piano rolls they are the standard deviation of latent vectors."""
    count: int = Field(ge=10)
    """Test prompts, drawn at random, that every model answers at every temperature; all where there are fewer."""
    temperature: Temperature
    """Of the pieces that people hear."""
    top_p: float = Field(gt=0, le=1)
    """Nucleus of the pieces that people hear; the curves use all of it. Of latent vectors it is the middle of their
    distribution that has this probability, entry by entry."""
    heard: int = Field(ge=1, le=50)
    """Test prompts whose answers people hear."""

    @field_validator("temperatures")
    @classmethod
    def _with_one(cls, temperatures: list[float]) -> list[float]:
        if 1.0 not in temperatures or len(set(temperatures)) < len(temperatures):
            raise ValueError("1.0 must be among them, and each once")
        return temperatures
