"""What the discriminator of several representations takes."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `discriminator` section for `network: multi_representation`."""

    roles: ClassVar = ("discriminator",)
    network: Literal["multi_representation"]
    embedding: int = Field(ge=2, le=4096)
    """Size of a token's representations together; where it is the generator's, the table starts from its."""
    representations: int = Field(ge=1, le=4096)
    """Into which the embedding is cut; each is judged by itself."""
    width: int = Field(ge=2, le=4096)
    """Filters of each kernel."""
    kernels: Annotated[list[Annotated[int, Field(ge=1, le=15)]], Field(min_length=1)]
    """Tokens that the filters see."""
    dropout: float = Field(ge=0, lt=1)

    @model_validator(mode="after")
    def _divides(self) -> "Parameters":
        if self.embedding % self.representations:
            raise ValueError(f"{self.representations} representations do not divide embedding {self.embedding}")
        return self
