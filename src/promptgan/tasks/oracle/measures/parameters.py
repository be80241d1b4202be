"""How sequences are measured."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `evaluate` section for sequences of the oracle."""

    jackknife_groups: int = Field(ge=2)
    """Groups of sequences, left out in turn for the standard errors over sequences."""
