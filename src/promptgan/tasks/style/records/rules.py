"""The rule of styles alone, as a Great Expectation; import it after `promptgan.quality.expectations`."""

from typing import ClassVar

from great_expectations.expectations import core as gxe


class ExpectTwoStyles(gxe.ExpectColumnUniqueValueCountToBeBetween):
    """There are two styles, neither more nor less."""

    rule: ClassVar = "two-styles"
    min_value: int = 2
    max_value: int = 2
    description: str = "the records have exactly two labels"
