"""What the fully connected networks take."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator`, `discriminator` or `encoder` section for `network: fully_connected`."""

    roles: ClassVar = ("generator", "discriminator", "encoder")
    network: Literal["fully_connected"]
    latent: int | None = Field(ge=1, le=4096)
    """Size of a latent vector; null for a discriminator, which has none."""
    widths: list[Annotated[int, Field(ge=2, le=8192)]] = Field(min_length=1, max_length=16)
    """Units of each hidden layer."""
    normalisation: Literal["batch", "spectral", "none"]
    """Of hidden units by the batch, or, of a discriminator, of all its weights by their largest singular value."""
    conditioning: Literal["none", "concat", "projection", "auxiliary"] | None
    """How a discriminator reads the condition of an image; null for the others, which have it beside their inputs."""
    dropout: float = Field(ge=0, lt=1)
