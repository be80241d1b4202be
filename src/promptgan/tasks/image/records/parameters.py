"""What records are held to."""

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.quality.splits import Shares


class Parameters(Section):
    """The section `validate` for images."""

    shares: Shares
    width: int = Field(ge=4)
    """Pixels that every image is wide."""
    height: int = Field(ge=4)
    min_rows: int = Field(ge=1)
    """Rows that must be left after quarantine."""
    max_defect_share: float = Field(ge=0, le=1)
    """Of rows that are broken: any rule but the duplicates."""
    max_quarantine_share: float = Field(ge=0, le=1)
    """Of rows quarantined by any rule."""
    max_label_share: float = Field(gt=0, le=1)
    """Of rows with the most frequent label."""
