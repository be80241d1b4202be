"""What is drawn of each model."""

from pydantic import Field

from promptgan import base


class Parameters(base.Parameters):
    """The `generate` section for images."""

    count: int = Field(ge=10)
    """Images of every model that are measured."""
    shown: int = Field(ge=1, le=1024)
    """The first of them, which the grids hold."""
