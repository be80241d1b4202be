"""What is drawn of each model."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generate` section for images."""

    count: int = Field(ge=10)
    """Images of every model that are measured."""
    shown: int = Field(ge=1, le=1024)
    """The first of them, which the grids hold."""
