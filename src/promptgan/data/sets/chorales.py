"""Chorales that Johann Sebastian Bach set for four voices, as MusicXML from the corpus of music21.

The corpus holds other movements of his too, and a few chorales with instruments: validation says which.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.data.sources import Licence, PyPI, Upstream
from promptgan.media.music.cutting import Cutting

if TYPE_CHECKING:
    import pandas as pd

TASK = "music"


class Parameters(Cutting):
    """The section `data` for this data set."""

    name: Literal["chorales"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    sha256 = "dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1"
    return Upstream(
        title="Bach chorales, from music21 10.5.1",
        licence=Licence(
            "as stated in music21's corpus",
            "commonly stated",
            "distribution with music21 is allowed by the encoders; of some pieces for non-commercial use alone",
        ),
        sources=(PyPI(sha256, "music21", "10.5.1", members=("music21/corpus/bach/*.mxl",)),),
        content_sha256="247ad905e76dcc93cbe32f2eaeb6bb623372631f76a23de6ff51cbdb9f233190",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """One record a passage, in the key that is found in the whole piece, which is the group."""
    from promptgan.media.music.musicxml import read_musicxml
    from promptgan.media.music.records import as_records

    files = sorted(raw.glob("*.mxl"))
    return as_records(((file.stem, file.read_bytes()) for file in files), read_musicxml, parameters)
