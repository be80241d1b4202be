"""How answers are measured."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `evaluate` section for text."""

    language_model_order: int = Field(ge=1, le=4)
    """Longest n-gram of the models of words behind `lm` and `reverse_lm`."""
    jackknife_groups: int = Field(ge=2)
    """Groups of prompts, left out in turn for the standard errors over prompts."""
    verse: bool
    """Whether the texts are verse of a script without spaces, of which form and rhyme are measured too."""
