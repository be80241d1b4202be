"""How sequences become token ids."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `tokenize` section for sequences of the oracle."""

    vocabulary: int = Field(ge=2)
    """Tokens of the oracle; the special tokens come on top."""
    max_tokens: int = Field(ge=1)
    """Tokens of every sequence."""
