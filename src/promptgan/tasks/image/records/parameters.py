"""What records are held to."""

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.quality.splits import Shares


class Parameters(Section):
    """The section `validate` for images."""

    shares: Shares
    width: int | None = Field(ge=4)
    """Pixels that every image is wide; None for any number."""
    height: int | None = Field(ge=4)
    min_side: int = Field(ge=1)
    """Pixels that an image is wide and high at least, where any number is allowed."""
    near_bits: int = Field(ge=0, le=16)
    """Of the 64 of the perceptual hash, in which an image may differ from one of a split of higher rank that it is a
    near duplicate of; 0 where equal pixels alone count, as for digits, which are all alike."""
    min_rows: int = Field(ge=1)
    """Rows that must be left after quarantine."""
    max_defect_share: float = Field(ge=0, le=1)
    """Of rows that are broken: any rule but the duplicates."""
    max_quarantine_share: float = Field(ge=0, le=1)
    """Of rows quarantined by any rule."""
    max_label_share: float = Field(gt=0, le=1)
    """Of rows with the most frequent label."""
