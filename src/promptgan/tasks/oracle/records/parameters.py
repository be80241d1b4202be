"""What records are held to."""

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.quality.splits import Shares


class Parameters(Section):
    """The section `validate` for sequences of the oracle."""

    shares: Shares
    vocabulary: int = Field(ge=2)
    """Tokens that there are, 0 to one less."""
    length: int = Field(ge=1)
    """Tokens of every sequence."""
    min_rows: int = Field(ge=1)
    """Rows that must be left after quarantine."""
    max_defect_share: float = Field(ge=0, le=1)
    """Of rows that are broken: any rule but the duplicates."""
    max_quarantine_share: float = Field(ge=0, le=1)
    """Of rows quarantined by any rule."""
