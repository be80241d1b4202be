"""What the recurrent networks of arrays take."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator`, `discriminator` or `encoder` section for `network: recurrent`."""

    roles: ClassVar = ("generator", "discriminator", "encoder")
    network: Literal["recurrent"]
    latent: int | None = Field(ge=1, le=4096)
    """Size of a latent vector, which is dealt to the columns; null for a discriminator, which has none."""
    width: int = Field(ge=2, le=2048)
    """Units of every layer, in each direction."""
    layers: int = Field(ge=1, le=8)
    conditioning: Literal["none", "concat", "projection", "auxiliary"] | None
    """How a discriminator reads the condition of an array; null for the others, which have it beside their inputs."""
