"""The rules of images alone, as Great Expectations; import them after `promptgan.quality.expectations`."""

from typing import ClassVar

from great_expectations.expectations import core as gxe


class ExpectSize(gxe.ExpectColumnValuesToBeInSet):
    """Every image can be read and has the size of `validate.width` and `validate.height`."""

    rule: ClassVar = "wrong-size"
    description: str = "the image cannot be read, or is of another size"


class ExpectContent(gxe.ExpectColumnValuesToBeBetween):
    """No image is of one colour."""

    rule: ClassVar = "empty-image"
    min_value: float = 1
    description: str = "all pixels are alike"
