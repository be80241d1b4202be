"""How numbers become tokens."""

from pydantic import Field

from promptgan import base


class Parameters(base.Parameters):
    """The section `tokenize`."""

    max_tokens: int = Field(ge=2)
