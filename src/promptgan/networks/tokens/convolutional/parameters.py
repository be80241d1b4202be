"""What the convolutional discriminator takes."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `discriminator` section for `network: convolutional`."""

    roles: ClassVar = ("discriminator",)
    network: Literal["convolutional"]
    embedding: int = Field(ge=2, le=4096)
    """Size of a token's embedding; where it is the generator's, the table starts from the generator's."""
    width: int = Field(ge=2, le=4096)
    """Channels of its convolutions."""
    kernel: int = Field(ge=1, le=15)
    """Tokens that a convolution sees; odd, so that its output is as long as its input."""
    dropout: float = Field(ge=0, lt=1)

    @field_validator("kernel")
    @classmethod
    def _odd(cls, kernel: int) -> int:
        if kernel % 2 == 0:
            raise ValueError("an odd number of tokens is needed")
        return kernel
