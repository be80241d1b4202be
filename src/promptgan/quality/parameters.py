"""What the section `validate` says in common of labelled texts, for every task about them."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.splits import Shares


class LabelledTexts(Section):
    """What labelled texts are held to."""

    shares: Shares
    max_words: int = Field(ge=1)
    """Of a text; networks read its first `tokenize.max_tokens` tokens in any case."""
    script: Literal["latin", "han", "any"]
    """The script that letters are expected in."""
    max_foreign_share: float = Field(ge=0, le=1)
    """Of a text's letters that may be of another script."""
    near_duplicates: NearDuplicates
    min_rows: int = Field(ge=1)
    """Rows that must be left after quarantine."""
    max_defect_share: float = Field(ge=0, le=1)
    """Of rows that are broken: any rule but too-long and the duplicates, which are a matter of choice."""
    max_quarantine_share: float = Field(ge=0, le=1)
    """Of rows quarantined by any rule."""
    max_label_share: float = Field(gt=0, le=1)
    """Of rows with the most frequent label."""
