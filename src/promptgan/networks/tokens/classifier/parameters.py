"""What a classifier of texts takes."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from promptgan.core.parameters import Section


class Gru(Section):
    """A recurrent network that reads both ways."""

    kind: Literal["gru"]
    embedding: int = Field(ge=2, le=4096)
    """Size of a token's embedding."""
    width: int = Field(ge=2, le=8192)
    """Size of the state in each direction."""
    layers: int = Field(ge=1, le=8)
    pooling: Literal["max_mean", "attention"]
    """The highest and the mean of the states, or their mean weighted by attention."""
    dropout: float = Field(ge=0, lt=1)


class Cnn(Section):
    """Filters of several widths."""

    kind: Literal["cnn"]
    embedding: int = Field(ge=2, le=4096)
    """Size of a token's embedding."""
    width: int = Field(ge=2, le=4096)
    """Filters of each kernel."""
    kernels: Annotated[list[Annotated[int, Field(ge=1, le=15)]], Field(min_length=1)]
    """Tokens that the filters see."""
    dropout: float = Field(ge=0, lt=1)


class Transformer(Section):
    """An encoder in the manner of BERT, from fresh weights."""

    kind: Literal["transformer"]
    width: int = Field(ge=2, le=8192)
    """Size of the residual stream and of the embeddings."""
    heads: int = Field(ge=1, le=64)
    """Attention heads; must divide the width."""
    layers: int = Field(ge=1, le=64)
    pooling: Literal["mean", "first"]
    """The mean of the states, or that of the token before the text."""
    dropout: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def _divides(self) -> "Transformer":
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide width {self.width}")
        return self


class Pretrained(Section):
    """The model that the section `base_model` names, an encoder or a causal one.

    Its weights stay as they are; low-rank adapters learn (Hu et al., 2022, arXiv:2106.09685).
    """

    kind: Literal["pretrained"]
    weights: Literal["float32", "bfloat16"]
    """Precision in which the pretrained weights are kept; adapters are float32."""
    rank: int = Field(ge=1, le=1024)
    """Of the adapters, which every linear layer of an adapted block has."""
    scale: float = Field(gt=0)
    """What the product of an adapter's two matrices is multiplied by: alpha over rank."""
    blocks: int = Field(ge=1)
    """Blocks that are adapted, from the top; all where there are fewer."""
    pooling: Literal["mean", "last"]
    """The mean of the states, or that of the end of the text, which alone has read all of it in a causal model."""
    dropout: float = Field(ge=0, lt=1)
    """Of an adapter's input, and of what is classified."""


class Parameters(Section):
    """The `encoder` section for `network: classifier`."""

    roles: ClassVar = ("encoder",)
    network: Literal["classifier"]
    labels: int = Field(ge=2)
    """Between which it tells."""
    body: Annotated[Gru | Cnn | Transformer | Pretrained, Field(discriminator="kind")]
    """What reads a text."""
