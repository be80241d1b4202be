"""What the networks of piano rolls take."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator`, `discriminator` or `encoder` section for `network: piano_roll`."""

    roles: ClassVar = ("generator", "discriminator", "encoder")
    network: Literal["piano_roll"]
    latent: int | None = Field(ge=1, le=4096)
    """Size of a latent vector; null for a discriminator, which has none."""
    width: int = Field(ge=2, le=2048)
    """Channels of every layer."""
    halvings: int = Field(ge=1, le=6)
    """How often time is halved; the columns of a roll must be divisible by two as often."""
    normalisation: Literal["batch", "spectral", "none"]
    """Of channels by the batch, or, of a discriminator, of all its weights by their largest singular value."""
    conditioning: Literal["none", "concat", "projection", "auxiliary"] | None
    """How a discriminator reads the key of a roll; null for the others, which have it beside their inputs."""
