"""The files of VADER: sentences and the mean of what some twenty people each rated them, from -4 to 4."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from promptgan.core.parameters import Section

if TYPE_CHECKING:
    import pandas as pd

FILES = {
    "movies": "movieReviewSnippets_GroundTruth.txt",
    "products": "amazonReviewSnippets_GroundTruth.txt",
    "editorials": "nytEditorialSnippets_GroundTruth.txt",
    "tweets": "tweets_GroundTruth.txt",
}


class Chosen(Section):
    """Which sentences a data set takes."""

    sources: Annotated[list[Literal["movies", "products", "editorials", "tweets"]], Field(min_length=1)]
    """Whose sentences are taken."""
    least_score: float = Field(gt=0, le=4)
    """Distance of the mean rating from 0, neutral, from which on a sentence is taken."""


def sentences(raw: Path, chosen: Chosen) -> "pd.DataFrame":
    """Every sentence that is chosen, with its source; the label is the sign of the rating.

    The group is the review or editorial that it is of (films and tweets are numbered one by one).
    """
    import pandas as pd

    rows = []
    for source in dict.fromkeys(chosen.sources):
        for line in filter(None, (raw / FILES[source]).read_text(encoding="utf-8").split("\n")):
            number, score, text = line.split("\t")
            if abs(rating := float(score)) >= chosen.least_score:
                group = f"{source}-{number.partition('_')[0]}"
                rows.append((f"{source}-{number}", group, text, "positive" if rating > 0 else "negative", source))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])
