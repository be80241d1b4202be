"""How music is measured."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `evaluate` section for music."""

    jackknife_groups: int = Field(ge=2)
    """Groups of pieces, left out in turn for the standard errors over pieces."""
