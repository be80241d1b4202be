"""What a pretrained language model takes."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` or `discriminator` section for `network: huggingface`.

    The model itself is what the section `base_model` names. Its weights stay as they are; low-rank adapters learn
    (Hu et al., 2022, arXiv:2106.09685).
    """

    roles: ClassVar = ("generator", "discriminator")
    network: Literal["huggingface"]
    weights: Literal["float32", "bfloat16"]
    """Precision in which the pretrained weights are kept; adapters are float32."""
    rank: int = Field(ge=1, le=1024)
    """Of the adapters, which every linear layer of an adapted block has."""
    scale: float = Field(gt=0)
    """What the product of an adapter's two matrices is multiplied by: alpha over rank."""
    blocks: int = Field(ge=1)
    """Blocks that are adapted, from the top; all where there are fewer. Gradients go no deeper."""
    dropout: float = Field(ge=0, lt=1)
    """Of an adapter's input."""
