"""Sentences that people rated from -4, extremely negative, to 4, extremely positive: the data of VADER.

Sentences of film reviews (Pang and Lee, 2004), of product reviews (Hu and Liu, 2004), of newspaper editorials and
tweets, each rated by twenty people or so (Hutto and Gilbert, 2014, VADER, ICWSM). The label is the sign of the mean
rating; what is nearly neutral is left out.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.data.sources import Licence, PyPI, Upstream
from promptgan.data.tables.rated import Chosen, sentences

if TYPE_CHECKING:
    import pandas as pd

TASK = "style"
ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"


class Parameters(Chosen):
    """The section `data` for this data set."""

    name: Literal["vader"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    return Upstream(
        title="rated sentences of vaderSentiment 3.3.2",
        licence=Licence("MIT", "unsure", "the package's; the sentences are their authors', collected for research"),
        sources=(
            PyPI(
                "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
                "vaderSentiment",
                "3.3.2",
                sdist=True,
                members=(f"{ARCHIVE}!/hutto_ICWSM_2014/*_GroundTruth.txt",),
            ),
        ),
        content_sha256="5f8674c07aa358b41357478483e9f3ad896428d554fc874bbfab46e0f3053cd3",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every sentence that is rated clearly."""
    return sentences(raw, parameters).drop(columns="source")
