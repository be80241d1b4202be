"""How labelled texts become tokens."""

from pydantic import Field

from promptgan.forms.tokens.levels import Levelled


class Parameters(Levelled):
    """The `tokenize` section for labelled texts, whose labels are tokens beside the vocabulary."""

    vocabulary: int | None = Field(ge=16, le=60000)
    max_tokens: int = Field(ge=3, le=8192)
    """Longest text in tokens, its end included; a longer one keeps its beginning."""
