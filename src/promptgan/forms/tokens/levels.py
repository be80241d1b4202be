"""How texts become tokens: what a section says of the vocabulary."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from promptgan.core.parameters import Section
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS


class Levelled(Section):
    """A vocabulary that is fitted, or a pretrained one."""

    level: Literal["bpe", "word", "character", "pretrained"]
    """Unit of a token. Byte-level BPE knows no unknown text; `character` suits Chinese; `pretrained` takes the whole
    tokenizer of the model that the section `base_model` names."""
    vocabulary: int | None = Field(ge=16, le=65535)
    """Most entries the vocabulary may have, the four special tokens included; `bpe` needs 260, for the 256 bytes. Null
    where the tokenizer is pretrained."""
    lowercase: bool

    @field_validator("vocabulary")
    @classmethod
    def _suits_the_level(cls, vocabulary: int | None, info: ValidationInfo) -> int | None:
        level = info.data.get("level")
        if (level == "pretrained") != (vocabulary is None):
            raise ValueError(
                "level pretrained takes null, the model's own vocabulary; every other level takes a number"
            )
        if level == "bpe" and vocabulary is not None and vocabulary < 256 + len(SPECIAL_TOKENS):
            raise ValueError("level bpe needs at least 260: 256 bytes and 4 special tokens")
        return vocabulary
