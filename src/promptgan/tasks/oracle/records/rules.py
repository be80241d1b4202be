"""The rules of sequences alone, as Great Expectations; import them after `promptgan.quality.expectations`."""

from typing import ClassVar

from great_expectations.expectations import core as gxe


class ExpectLength(gxe.ExpectColumnValuesToBeInSet):
    """Every sequence has `validate.length` tokens."""

    rule: ClassVar = "wrong-length"
    description: str = "the sequence has another number of tokens"


class ExpectTokens(gxe.ExpectColumnValuesToBeNull):
    """Every token is a whole number below `validate.vocabulary`."""

    rule: ClassVar = "unknown-token"
    description: str = "a token is none of the vocabulary"
