"""What records are held to."""

from typing import Annotated, Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.splits import Shares


class Given(Section):
    """The data set's own prompt."""

    kind: Literal["given"]


class Unprompted(Section):
    """No prompt: texts are made from nothing."""

    kind: Literal["none"]


class Label(Section):
    """The record's label, such as a genre."""

    kind: Literal["label"]


class Prefix(Section):
    """The beginning of the text; the text is the rest."""

    kind: Literal["prefix"]
    words: int = Field(ge=1)
    """Of the beginning; characters, in scripts without spaces."""


class Keywords(Section):
    """The words of the text that the fewest texts of the data set hold, in lower case."""

    kind: Literal["keywords"]
    words: int = Field(ge=1)
    order: Literal["rarity", "alphabetical"]
    """The rarest first, and equally rare ones by the alphabet; or all by the alphabet."""


Prompt = Annotated[Given | Unprompted | Label | Prefix | Keywords, Field(discriminator="kind")]


class Parameters(Section):
    """The section `validate` for text."""

    prompt: Prompt
    """What a text answers."""
    shares: Shares
    max_prompt_words: int = Field(ge=1)
    max_text_words: int = Field(ge=1)
    script: Literal["latin", "han", "any"]
    """The script that letters are expected in."""
    max_foreign_share: float = Field(ge=0, le=1)
    """Of a side's letters that may be of another script."""
    near_duplicates: NearDuplicates
    min_rows: int = Field(ge=1)
    """Rows that must be left after quarantine."""
    max_defect_share: float = Field(ge=0, le=1)
    """Of rows that are broken: any rule but lengths and the duplicates, which are a matter of choice."""
    max_quarantine_share: float = Field(ge=0, le=1)
    """Of rows quarantined by any rule."""
    max_label_share: float = Field(gt=0, le=1)
    """Of rows with the most frequent label, where there are labels."""
