"""What the fully connected networks take."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator`, `discriminator` or `encoder` section for `network: fully_connected`."""

    roles: ClassVar = ("generator", "discriminator", "encoder")
    network: Literal["fully_connected"]
    latent: int | None = Field(ge=1, le=4096)
    """Size of a latent vector; null for a discriminator, which has none."""
    width: int = Field(ge=2, le=8192)
    """Units of a hidden layer."""
    layers: int = Field(ge=1, le=16)
    """Hidden layers."""
    dropout: float = Field(ge=0, lt=1)
