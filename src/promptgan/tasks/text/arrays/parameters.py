"""How texts become tokens."""

from pydantic import Field

from promptgan.forms.tokens.levels import Levelled


class Parameters(Levelled):
    """The `tokenize` section for text."""

    max_tokens: int = Field(ge=2, le=1024)
    """Longest prompt and longest text in tokens; a prompt keeps its end, a text its beginning."""
