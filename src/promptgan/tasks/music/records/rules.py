"""The rules of music alone, as Great Expectations; import them after `promptgan.quality.expectations`."""

from typing import ClassVar

from great_expectations.expectations import core as gxe


class ExpectMusic(gxe.ExpectColumnValuesToBeNull):
    """The file could be read as one piece in bars."""

    rule: ClassVar = "broken-file"
    description: str = "the file is no piece in bars"


class ExpectMetre(gxe.ExpectColumnValuesToBeInSet):
    """The metre is one of `validate.metres`."""

    rule: ClassVar = "other-metre"
    description: str = "the metre is another"


class ExpectVoices(gxe.ExpectColumnValuesToBeInSet):
    """There are `validate.voices` voices."""

    rule: ClassVar = "wrong-voices"
    description: str = "there are more or fewer voices"


class ExpectOneNoteAtATime(gxe.ExpectColumnValuesToBeNull):
    """In a voice a note ends before the next one begins."""

    rule: ClassVar = "chords-in-a-voice"
    description: str = "two notes of a voice sound at once"


class ExpectKey(gxe.ExpectColumnValuesToNotBeNull):
    """There is a key, said or found."""

    rule: ClassVar = "no-key"
    description: str = "it is in no key"


class ExpectPitches(gxe.ExpectColumnValuesToBeNull):
    """Every pitch lies from `validate.lowest` to `validate.highest`."""

    rule: ClassVar = "out-of-range"
    description: str = "a pitch is out of range"


class ExpectGrid(gxe.ExpectColumnValuesToBeNull):
    """Every onset and end is a multiple of `validate.grid` ticks."""

    rule: ClassVar = "off-grid"
    description: str = "a note begins or ends beside the grid"


class ExpectSound(gxe.ExpectColumnValuesToBeBetween):
    """Nothing sounds in few bars alone (`validate.max_empty_share`)."""

    rule: ClassVar = "empty-bars"
    description: str = "too many bars are empty"
