"""How music becomes arrays."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `tokenize` section for music."""

    max_tokens: int = Field(ge=8, le=4096)
    """Longest prompt and longest answer, in words; what is longer stops the stage, since music is not cut."""
    transpose: Literal["none", "all"]
    """Whether training passages come in every key in which all of their pitches are within `validate`'s range."""
