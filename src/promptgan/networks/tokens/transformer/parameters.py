"""What the transformer takes."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` or `discriminator` section for `network: transformer`."""

    roles: ClassVar = ("generator", "discriminator")
    network: Literal["transformer"]
    width: int = Field(ge=2, le=8192)
    """Size of the residual stream and of the embeddings."""
    heads: int = Field(ge=1, le=64)
    """Attention heads; must divide the width."""
    layers: int = Field(ge=1, le=64)
    context: int = Field(ge=4, le=8192)
    """Most tokens of prompt and text together, what stands between them counted."""
    dropout: float = Field(ge=0, lt=1)
