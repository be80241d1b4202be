"""Sentences that people rated, of four sources with one question: is it positive or negative?

The data of VADER (Hutto and Gilbert, 2014): sentences of film reviews, product reviews and newspaper editorials, and
tweets, each rated by twenty people or so from -4 to 4. The label is the sign of the mean rating; what is nearly neutral
is left out. Rated by at least 0.5 are 10,072 sentences of films, 2,985 of products, 2,970 of editorials and 3,432
tweets. `vader.py` has the same sentences for the task style, whose stages know nothing of this file.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.data.sources import Licence, PyPI, Upstream
from promptgan.data.tables.rated import Chosen, sentences

if TYPE_CHECKING:
    import pandas as pd

TASK = "classification"
LABELS = 2


class Parameters(Chosen):
    """The section `data` for this data set."""

    name: Literal["sentiment"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    archive = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
    return Upstream(
        title="rated sentences of vaderSentiment 3.3.2, by source",
        licence=Licence("MIT", "unsure", "the package's; the sentences are their authors', collected for research"),
        sources=(
            PyPI(
                "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
                "vaderSentiment",
                "3.3.2",
                sdist=True,
                members=(f"{archive}!/hutto_ICWSM_2014/*_GroundTruth.txt",),
            ),
        ),
        content_sha256="5f8674c07aa358b41357478483e9f3ad896428d554fc874bbfab46e0f3053cd3",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every sentence that is rated clearly, with its source."""
    return sentences(raw, parameters)
