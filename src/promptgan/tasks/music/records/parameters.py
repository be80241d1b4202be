"""What records are held to."""

from typing import Annotated, Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.splits import Shares

Pitch = Annotated[int, Field(ge=0, le=127)]


class Prompted(Section):
    """What music answers: its key, its melody, a rhythm, or its chords."""

    kind: Literal["key", "melody", "rhythm", "chords"]


class Opening(Section):
    """The first bars, which are continued."""

    kind: Literal["opening"]
    bars: int = Field(ge=1)


class Parameters(Section):
    """The section `validate` for music."""

    prompt: Annotated[Prompted | Opening, Field(discriminator="kind")]
    """What a passage answers."""
    shares: Shares
    metres: list[Annotated[str, Field(pattern=r"^[1-9]\d?/(1|2|4|8|16)$")]] = Field(min_length=1)
    """Such as 4/4; pieces in others go to quarantine."""
    voices: int = Field(ge=1, le=16)
    """Of every piece, each of which sings one note at a time."""
    lowest: Pitch
    highest: Pitch
    grid: int = Field(ge=1, le=24)
    """Ticks, of 24 to the quarter, that all onsets and ends are multiples of; 6 is the sixteenth."""
    max_empty_share: float = Field(ge=0, le=1)
    """Of a passage's bars in which nothing sounds."""
    near_duplicates: NearDuplicates
    """Passages that near, whatever their keys, in two splits; a word is a note of a voice, with its interval."""
    min_rows: int = Field(ge=1)
    """Rows that must be left after quarantine."""
    max_defect_share: float = Field(ge=0, le=1)
    """Of rows that are broken: any rule but the duplicates."""
    max_quarantine_share: float = Field(ge=0, le=1)
    """Of rows quarantined by any rule."""
