"""What the n-gram model takes."""

from typing import ClassVar, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `generator` section for `network: ngram`."""

    roles: ClassVar = ("generator",)
    network: Literal["ngram"]
    order: int = Field(ge=2, le=8)
    """Longest n-gram, in tokens; ids of all n-grams must fit into 64 bits, so a large vocabulary allows fewer."""
