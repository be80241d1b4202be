"""What a recurrent network takes."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` or `discriminator` section for `network: recurrent`."""

    roles: ClassVar = ("generator", "discriminator")
    network: Literal["recurrent"]
    cell: Literal["gru", "lstm"]
    embedding: int = Field(ge=2, le=4096)
    """Size of a token's embedding, shared by prompt and text, and by a generator's output projection."""
    width: int = Field(ge=2, le=8192)
    """Size of the recurrent state."""
    layers: int = Field(ge=1, le=8)
    dropout: float = Field(ge=0, lt=1)
