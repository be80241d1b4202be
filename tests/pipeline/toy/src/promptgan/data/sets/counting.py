"""Counting: lines of five digits, each one more than the one before."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Local, Upstream, content_sha256

if TYPE_CHECKING:
    import pandas as pd

TASK = "numbers"
FILE = "counting.txt"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["counting"]
    sha256: str


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    return Upstream(
        title="counting",
        licence=Licence("CC0", "sure", "made up"),
        sources=(Local(parameters.sha256, FILE),),
        content_sha256=content_sha256({FILE: parameters.sha256}),
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every line; the first digit asks for the others."""
    import pandas as pd

    lines = [line.split() for line in (raw / FILE).read_text().split("\n") if line]
    rows = [(f"c{i}", f"c{i}", first, " ".join(rest)) for i, (first, *rest) in enumerate(lines)]
    return pd.DataFrame(rows, columns=["id", "group", "first", "rest"])
