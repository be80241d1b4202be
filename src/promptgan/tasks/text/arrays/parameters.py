"""How texts become tokens."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from promptgan.core.parameters import Section
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS


class Parameters(Section):
    """The `tokenize` section for text."""

    level: Literal["bpe", "word", "character"]
    """Unit of a token. Byte-level BPE knows no unknown text; `character` suits Chinese."""
    vocabulary: int = Field(ge=16, le=65535)
    """Most entries the vocabulary may have, the four special tokens included; `bpe` needs 260, for the 256 bytes."""
    lowercase: bool
    max_tokens: int = Field(ge=2, le=1024)
    """Longest prompt and longest text in tokens; a prompt keeps its end, a text its beginning."""

    @field_validator("vocabulary")
    @classmethod
    def _holds_all_bytes(cls, vocabulary: int, info: ValidationInfo) -> int:
        if info.data.get("level") == "bpe" and vocabulary < 256 + len(SPECIAL_TOKENS):
            raise ValueError("level bpe needs at least 260: 256 bytes and 4 special tokens")
        return vocabulary
