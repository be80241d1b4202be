"""What the transformer with relative attention takes."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` section for `network: relative`."""

    roles: ClassVar = ("generator",)
    network: Literal["relative"]
    width: int = Field(ge=2, le=8192)
    """Size of the residual stream and of the embeddings."""
    heads: int = Field(ge=1, le=64)
    """Attention heads; must divide the width."""
    layers: int = Field(ge=1, le=64)
    reach: int = Field(ge=1, le=4096)
    """Tokens of distance that attention tells apart, either way; what lies farther away is all the same."""
    dropout: float = Field(ge=0, lt=1)
