"""Emoji as two companies draw them: 3,786 pictures of 64 x 64 pixels in either style, of the same names.

The Noto Color Emoji of Google and the Twemoji of Twitter, as Cal Henderson's emoji-data has them. Two records of one
name are a true pair, which learning from unpaired pictures never sees and evaluation may ask for.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Joined, Licence, Npm, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "image"
PACKAGES = {
    "google": "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
    "twitter": "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877",
}
"""sha256 of the package of each style."""
CONTENT = "b2e220e68a73648696939764875a4ac466cf8c08bcfcd3d5d8a023c8ddf29b0b"
"""sha256 of all pictures together."""
SKIN_TONE = re.compile("-1f3f[b-f]")


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["emoji"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    parts = tuple(
        (style, Npm(sha256, f"emoji-datasource-{style}", "16.0.0", members=(f"package/img/{style}/64/*.png",)))
        for style, sha256 in PACKAGES.items()
    )
    return Upstream(
        title="Noto Color Emoji and Twemoji, from emoji-datasource 16.0.0",
        licence=Licence("Apache-2.0 (google) and CC BY 4.0 (twitter)", "commonly stated", "of the pictures"),
        sources=(Joined(CONTENT, parts),),
        content_sha256=CONTENT,
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """One record a picture: its id is STYLE-NAME, its label the style.

    The group is the name without tones of skin, so that a pair falls into one split, and with it the same emoji in
    other tones, of which a model that has seen one knows the others.
    """
    import pandas as pd

    rows = []
    for path in sorted(raw.glob("*-*.png")):
        style, _, name = path.stem.partition("-")
        rows.append((path.stem, SKIN_TONE.sub("", name), path.read_bytes(), style))
    return pd.DataFrame(rows, columns=["id", "group", "image", "label"])
