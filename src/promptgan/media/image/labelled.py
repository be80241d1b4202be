"""Records of labelled images out of a pair of IDX files."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def records_of(parts: dict[str, tuple[Path, Path]], classes: Sequence[str]) -> "pd.DataFrame":
    """One row per image: id, group (the id, as images are apart), image as PNG, and label.

    Args:
        parts: by the name that ids begin with, the files of images (N, H, W) and of labels (N,).
        classes: the label of each number.
    """
    import pandas as pd

    rows = [row for name, (images, labels) in parts.items() for row in _rows(name, images, labels, classes)]
    return pd.DataFrame(rows, columns=["id", "group", "image", "label"])


def _rows(name: str, images: Path, labels: Path, classes: Sequence[str]) -> Iterator[tuple[str, str, bytes, str]]:
    from PIL import Image

    from promptgan.media.image.idx import read_idx

    for index, (pixels, label) in enumerate(zip(read_idx(images), read_idx(labels), strict=True)):
        png = io.BytesIO()
        Image.fromarray(pixels).save(png, "png")
        yield f"{name}-{index:05d}", f"{name}-{index:05d}", png.getvalue(), classes[label]
