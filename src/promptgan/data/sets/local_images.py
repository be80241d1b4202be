"""Your own images: a folder of them, or one folder for each class, with captions or without.

`promptgan use local-images --path FOLDER` (or a zip) checks and imports them and writes this section. What is imported
is one zip: the files as they are, under `PICTURES`, and the captions, where there are any, as the CSV `CAPTIONS`.
"""

import csv
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Local, Upstream, content_sha256

if TYPE_CHECKING:
    import pandas as pd

TASK = "image"
PICTURES = "pictures/"
CAPTIONS = "captions.csv"
COLUMNS = ["file", "caption"]
"""Of the captions."""
UNSORTED = "image"
"""The label of what lies in no folder of a class."""


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["local_images"]
    file: str = Field(pattern=r"^[^/\\\x00]+\.zip$")
    """Name of the imported zip, which lies at data/own/SHA256/FILE."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of the imported zip."""


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from: the store of imported files."""
    return Upstream(
        title=f"own images, {parameters.file}",
        licence=Licence("not stated", "unsure", "imported by the user"),
        sources=(Local(parameters.sha256, parameters.file),),
        content_sha256=content_sha256({parameters.file: parameters.sha256}),
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """One record a file, broken or not: its path is the id and the group, its first folder the label.

    Where the import had captions there is a column of them, None where a file has none.
    """
    import pandas as pd

    with zipfile.ZipFile(raw / parameters.file) as archive:
        names = paths(archive)
        frame = pd.DataFrame({"id": names, "group": names, "image": [archive.read(PICTURES + name) for name in names]})
        frame["label"] = [label_of(name) for name in names]
        if CAPTIONS in archive.namelist():
            rows = csv.DictReader(io.StringIO(archive.read(CAPTIONS).decode(), newline=""))
            captions = {row["file"]: row["caption"] for row in rows}
            frame["caption"] = pd.Series([captions.get(name) for name in names], dtype=object)
    return frame


def paths(archive: zipfile.ZipFile) -> list[str]:
    """The paths of the files of an imported zip, by which records are named."""
    return [name.removeprefix(PICTURES) for name in archive.namelist() if name.startswith(PICTURES)]


def label_of(path: str) -> str:
    """The class of a file: the first folder of its path, or `UNSORTED`."""
    folder, apart, _ = path.partition("/")
    return folder if apart else UNSORTED
