"""What the residual networks from image to image take."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` section for `network: resnet`."""

    roles: ClassVar = ("generator",)
    network: Literal["resnet"]
    width: int = Field(ge=2, le=1024)
    """Channels at the images' size; twice as many at each halving."""
    halvings: int = Field(ge=0, le=4)
    """How often images are halved before the blocks; their size must be divisible by two as often."""
    blocks: int = Field(ge=1, le=32)
    """Residual blocks of two convolutions."""
