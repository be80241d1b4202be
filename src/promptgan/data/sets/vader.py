"""Sentences that people rated from -4, extremely negative, to 4, extremely positive: the data of VADER.

Sentences of film reviews (Pang and Lee, 2004), of product reviews (Hu and Liu, 2004), of newspaper editorials and
tweets, each rated by twenty people or so (Hutto and Gilbert, 2014, VADER, ICWSM). The label is the sign of the mean
rating; what is nearly neutral is left out.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, PyPI, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "style"
FILE = "{}_GroundTruth.txt"
FILES = {
    "movies": "movieReviewSnippets",
    "products": "amazonReviewSnippets",
    "editorials": "nytEditorialSnippets",
    "tweets": "tweets",
}
ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["vader"]
    sources: Annotated[list[Literal["movies", "products", "editorials", "tweets"]], Field(min_length=1)]
    """Whose sentences are taken."""
    least_score: float = Field(gt=0, le=4)
    """Distance of the mean rating from 0, neutral, from which on a sentence is taken."""


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
    """Every sentence that is rated clearly; the group is the review or editorial, or the sentence where none is told.

    Sentences of films and tweets are numbered one by one, others as TEXT_SENTENCE.
    """
    import pandas as pd

    rows = []
    for source in dict.fromkeys(parameters.sources):
        lines = (raw / FILE.format(FILES[source])).read_text(encoding="utf-8").split("\n")
        for number, score, text in (line.split("\t") for line in lines if line):
            if abs(float(score)) >= parameters.least_score:
                label = "positive" if float(score) > 0 else "negative"
                rows.append((f"{source}-{number}", f"{source}-{number.partition('_')[0]}", text, label))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label"])
