"""The rules of images alone, as Great Expectations; import them after `promptgan.quality.expectations`."""

from typing import ClassVar

from great_expectations.expectations import core as gxe


class ExpectPicture(gxe.ExpectColumnValuesToBeNull):
    """Every file is of a format of pictures."""

    rule: ClassVar = "not-an-image"
    description: str = "the file is no picture of a known format"


class ExpectWhole(gxe.ExpectColumnValuesToBeNull):
    """Every picture can be read to its end."""

    rule: ClassVar = "unreadable-image"
    description: str = "the picture is cut off or damaged"


class ExpectSize(gxe.ExpectColumnValuesToBeBetween):
    """Every image has the size of `validate.width` and `validate.height`; where one is null, `validate.min_side`."""

    rule: ClassVar = "wrong-size"
    description: str = "the image is of another size, or too small"


class ExpectContent(gxe.ExpectColumnValuesToBeBetween):
    """No image is of one colour."""

    rule: ClassVar = "empty-image"
    min_value: float = 0
    strict_min: bool = True
    description: str = "all pixels are alike"


class ExpectKnownLabel(gxe.ExpectColumnValuesToBeNull):
    """Every label can be learnt and judged: the splits train and judge have pictures of it."""

    rule: ClassVar = "rare-label"
    description: str = "the label has no picture in a split that it is learnt or judged by"
