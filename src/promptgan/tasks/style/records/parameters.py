"""What records are held to."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.splits import Shares


class Parameters(Section):
    """The section `validate` for sentences with a style."""

    shares: Shares
    max_words: int = Field(ge=1)
    script: Literal["latin", "han", "any"]
    """The script that letters are expected in."""
    max_foreign_share: float = Field(ge=0, le=1)
    """Of a sentence's letters that may be of another script."""
    near_duplicates: NearDuplicates
    min_rows: int = Field(ge=1)
    """Rows that must be left after quarantine."""
    max_defect_share: float = Field(ge=0, le=1)
    """Of rows that are broken: any rule but too-long and the duplicates, which are a matter of choice."""
    max_quarantine_share: float = Field(ge=0, le=1)
    """Of rows quarantined by any rule."""
    max_label_share: float = Field(gt=0, le=1)
    """Of rows with the more frequent style."""
