"""Tang quatrains: the first couplet of a regular four-line poem and the one that completes it, or title and poem.

From the Complete Tang Poems (全唐詩) in traditional characters, as chinese-poetry collects them. Only poems of four
lines of one length are taken: there the second couplet answers the first one in length, tone and matter.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Npm, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "text"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["tang_poems"]
    characters: Literal[5, 7]
    """Of a line: 5 (about 4,000 poems) or 7 (about 10,600)."""
    prompt: Literal["couplet", "title"]
    """The first couplet, whose text is the second one; or the poem's title, whose text is the whole poem."""


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    sha256 = "25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86"
    members = ("package/dist/quantangshi/poet.tang.*.json",)
    return Upstream(
        title="chinese-poetry 2.0.1, Complete Tang Poems",
        licence=Licence("MIT", "sure", "the collection; the poems themselves are in the public domain"),
        sources=(Npm(sha256, "chinese-poetry", "2.0.1", members=members),),
        content_sha256="a1c65e5316294174fc7e6f2ada4474c9a0747c14b7b804de9f2ab8592d44c54e",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """First and second couplet of each poem, or its title and both; the group is its author and title, which a cycle of
    poems shares."""
    import pandas as pd

    line = rf"[^\W\d_a-zA-Z]{{{parameters.characters}}}"
    couplet = re.compile(rf"{line}[，、？！；：]{line}[。？！；]")
    rows = []
    for file in sorted(raw.glob("poet.tang.*.json"), key=lambda path: int(path.name.split(".")[2])):
        for poem in json.loads(file.read_bytes()):
            couplets = poem["paragraphs"]
            if len(couplets) == 2 and all(couplet.fullmatch(each) for each in couplets):
                pair = couplets if parameters.prompt == "couplet" else [poem["title"], "".join(couplets)]
                rows.append((poem["id"], f"{poem['author']}: {poem['title']}", *pair))
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text"])
