"""What the convolutional networks take."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator`, `discriminator` or `encoder` section for `network: dcgan`."""

    roles: ClassVar = ("generator", "discriminator", "encoder")
    network: Literal["dcgan"]
    latent: int | None = Field(ge=1, le=4096)
    """Size of a latent vector; null for a discriminator, which has none."""
    width: int = Field(ge=2, le=1024)
    """Channels at half the images' size; twice as many at each further halving."""
    halvings: int = Field(ge=1, le=5)
    """How often images are halved; their size must be divisible by two as often."""
    normalisation: Literal["batch", "spectral", "none"]
    """Of hidden channels by the batch, or, of a discriminator, of all its weights by their largest singular value."""
    conditioning: Literal["none", "concat", "projection", "auxiliary"] | None
    """How a discriminator reads the condition of an image; null for the others, which have it beside their inputs."""
