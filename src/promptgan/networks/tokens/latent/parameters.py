"""What the latent generator and its encoder take."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` or `encoder` section for `network: latent`."""

    roles: ClassVar = ("generator", "encoder")
    network: Literal["latent"]
    latent: int = Field(ge=1, le=4096)
    """Size of a latent vector."""
    embedding: int = Field(ge=2, le=4096)
    """Size of a token's embedding."""
    width: int = Field(ge=2, le=8192)
    """Size of the recurrent state."""
    dropout: float = Field(ge=0, lt=1)
    word_dropout: float = Field(ge=0, lt=1)
    """Share of the text's tokens that are hidden from it while it learns."""
