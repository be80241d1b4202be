"""How numbers become tokens."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The section `tokenize`."""

    max_tokens: int = Field(ge=2)
