"""What the generator with a relational memory takes."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` section for `network: relational`."""

    roles: ClassVar = ("generator",)
    network: Literal["relational"]
    embedding: int = Field(ge=2, le=4096)
    """Size of a token's embedding, shared by prompt, text and output projection."""
    slots: int = Field(ge=1, le=64)
    """Of the memory, no more than a slot is wide: each begins as a unit vector of its own."""
    width: int = Field(ge=2, le=4096)
    """Of a slot."""
    heads: int = Field(ge=1, le=64)
    """Attention heads; must divide the width."""
    dropout: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def _differ(self) -> "Parameters":
        if self.slots > self.width:
            raise ValueError(f"{self.slots} slots of width {self.width} cannot all begin differently")
        return self
