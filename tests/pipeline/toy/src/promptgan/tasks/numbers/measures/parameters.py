"""How continuations are measured."""

from pydantic import Field

from promptgan import base


class Parameters(base.Parameters):
    """The section `evaluate`."""

    digits: int = Field(ge=1)
