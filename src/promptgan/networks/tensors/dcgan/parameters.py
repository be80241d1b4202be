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
    """Channels at half the images' size; twice as many at a quarter of it."""
    normalisation: Literal["batch", "none"]
    """Of hidden channels; `none` for a discriminator whose slope is penalised, since a batch mixes its examples."""
