"""Fashion-MNIST: 70,000 articles of clothing of 28 x 28 pixels (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747)."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Deb, Licence, Upstream
from promptgan.media.image.labelled import records_of

if TYPE_CHECKING:
    import pandas as pd

TASK = "image"
CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["fashion_mnist"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    sha256 = "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0"
    version = "0.0~git20200523.55506a9-1"
    return Upstream(
        title="Fashion-MNIST, from dataset-fashion-mnist of Debian",
        licence=Licence("MIT", "sure", "the package carries the licence file"),
        sources=(Deb(sha256, "dataset-fashion-mnist", version, members=("usr/share/datasets/fashion-mnist/*.gz",)),),
        content_sha256="f37bf62265b0989968a94c78e420344f1ede1007dabf032a0dc5e88371fef370",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """Every article of the upstream training and test files; the splits here are by the hash of the id."""
    files = {
        part: (raw / f"{part}-images-idx3-ubyte.gz", raw / f"{part}-labels-idx1-ubyte.gz") for part in ("train", "t10k")
    }
    return records_of(files, CLASSES)
