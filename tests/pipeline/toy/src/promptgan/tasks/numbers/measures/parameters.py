"""How continuations are measured."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The section `evaluate`."""

    digits: int = Field(ge=1)
