"""How music becomes arrays."""

from typing import Literal

from pydantic import Field, model_validator

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `tokenize` section for music: of words, which are tokens, or of piano rolls, which are tensors."""

    max_tokens: int | None = Field(ge=8, le=4096)
    """Longest prompt and longest answer, in words; what is longer stops the stage, since music is not cut. Null for
    piano rolls."""
    height: int | None = Field(ge=8, le=128, multiple_of=4)
    """Rows of a piano roll: one for onsets, the others for pitches, around middle C. Null for words."""
    transpose: Literal["none", "all"]
    """Whether training passages come in every key in which all of their pitches are within `validate`'s range."""

    @model_validator(mode="after")
    def _one_form(self) -> "Parameters":
        if (self.max_tokens is None) == (self.height is None):
            raise ValueError("give max_tokens for words, or height for piano rolls, and null for the other")
        return self
