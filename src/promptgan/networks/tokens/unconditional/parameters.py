"""What the generator without a prompt takes."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` section for `network: unconditional`."""

    roles: ClassVar = ("generator",)
    network: Literal["unconditional"]
    width: int = Field(ge=2, le=8192)
    """Of the recurrent state, and size of a token's embedding."""
