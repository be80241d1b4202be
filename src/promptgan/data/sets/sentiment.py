"""Sentences that people rated, of four sources with one question: is it positive or negative?

The data of VADER (Hutto and Gilbert, 2014): sentences of film reviews, product reviews and newspaper editorials, and
tweets, each rated by twenty people or so from -4 to 4. The label is the sign of the mean rating; what is nearly neutral
is left out. Rated by at least 0.5 are 10,072 sentences of films, 2,985 of products, 2,970 of editorials and 3,432
tweets. `vader.py` has the same sentences for the task style, whose stages know nothing of this file.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, PyPI, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "classification"
LABELS = 2
FILES = {
    "movies": "movieReviewSnippets_GroundTruth.txt",
    "products": "amazonReviewSnippets_GroundTruth.txt",
    "editorials": "nytEditorialSnippets_GroundTruth.txt",
    "tweets": "tweets_GroundTruth.txt",
}


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["sentiment"]
    sources: Annotated[list[Literal["movies", "products", "editorials", "tweets"]], Field(min_length=1)]
    """Whose sentences are taken."""
    least_score: float = Field(gt=0, le=4)
    """Distance of the mean rating from 0, neutral, from which on a sentence is taken."""


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
    """Every sentence that is rated clearly, with its source.

    The group is the review or editorial that it is of (films and tweets are numbered one by one).
    """
    import pandas as pd

    rows = []
    for source in dict.fromkeys(parameters.sources):
        for line in filter(None, (raw / FILES[source]).read_text(encoding="utf-8").split("\n")):
            number, score, text = line.split("\t")
            if abs(rating := float(score)) >= parameters.least_score:
                group = f"{source}-{number.partition('_')[0]}"
                rows.append((f"{source}-{number}", group, text, "positive" if rating > 0 else "negative", source))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])
