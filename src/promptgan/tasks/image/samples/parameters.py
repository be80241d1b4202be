"""What is drawn of each model."""

from typing import Annotated

from pydantic import Field, field_validator

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generate` section for images."""

    count: int = Field(ge=10)
    """Images of every model that are measured."""
    truncations: list[Annotated[float, Field(gt=0, le=1)]] = Field(min_length=1)
    """How much of the middle of their distribution latent vectors are drawn from, for the curves; 1, all of it, must be
    among them. Translations, which are of images, are made once."""
    shown: int = Field(ge=1, le=1024)
    """The first of them, which the grids hold."""

    @field_validator("truncations")
    @classmethod
    def _with_the_whole(cls, truncations: list[float]) -> list[float]:
        if 1.0 not in truncations or len(set(truncations)) < len(truncations):
            raise ValueError("1.0 must be among them, and each once")
        return truncations
