"""How transfers are measured."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `evaluate` section for sentences with a style."""

    language_model_order: int = Field(ge=1, le=4)
    """Longest n-gram of the model of words behind `perplexity`."""
    jackknife_groups: int = Field(ge=2)
    """Groups of sentences, left out in turn for the standard errors over sentences."""
