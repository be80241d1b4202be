"""Your own music: a folder of MIDI or MusicXML files, or a zip of one.

`promptgan use local-midi --path FOLDER` checks and imports them and writes this section. What is imported is one zip
of the files as they are.
"""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from promptgan.data.sources import Licence, Local, Upstream, content_sha256
from promptgan.media.music.cutting import Cutting

if TYPE_CHECKING:
    import pandas as pd

    from promptgan.media.music.piece import Piece

TASK = "music"


class Parameters(Cutting):
    """The section `data` for this data set."""

    name: Literal["local_midi"]
    file: str = Field(pattern=r"^[^/\\\x00]+\.zip$")
    """Name of the imported zip, which lies at data/own/SHA256/FILE."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of the imported zip."""


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from: the store of imported files."""
    return Upstream(
        title=f"own music, {parameters.file}",
        licence=Licence("not stated", "unsure", "imported by the user"),
        sources=(Local(parameters.sha256, parameters.file),),
        content_sha256=content_sha256({parameters.file: parameters.sha256}),
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """One record a passage; the group is the file's path, a piece."""
    from promptgan.media.music.records import as_records

    with zipfile.ZipFile(raw / parameters.file) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    return as_records(files, read, parameters)


def read(content: bytes, name: str) -> "Piece":
    """The piece of a file: MusicXML, zipped or plain, where its name says so, and else MIDI.

    Raises:
        NotAPiece: the file is none.
    """
    from promptgan.media.music.files import READERS
    from promptgan.media.music.midi import read_midi

    return READERS.get(Path(name).suffix.lower(), read_midi)(content, name)
