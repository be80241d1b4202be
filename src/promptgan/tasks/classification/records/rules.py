"""The rules of labels, as Great Expectations; import them after `promptgan.quality.expectations`."""

from typing import ClassVar

from great_expectations.expectations import core as gxe


class ExpectSeveralLabels(gxe.ExpectColumnUniqueValueCountToBeBetween):
    """There is a label to tell from another."""

    rule: ClassVar = "one-label"
    min_value: int = 2
    description: str = "the records have two labels or more"


class ExpectEveryLabelInEverySplit(gxe.ExpectColumnMinToBeBetween):
    """Every label that the records came with can be learnt, chosen by and measured (`validate.min_per_label`).

    Checked on a table of one row a label and split.
    """

    rule: ClassVar = "label-missing-in-split"
    description: str = "every split has validate.min_per_label rows of every label"
