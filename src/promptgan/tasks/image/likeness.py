"""What is alike in images: a record and the others, a sample and the training data."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NEAREST = 5
MEASURE = "Euclidean distance of the pixels, of 1: 0 is the same image, 1 black against white"


def relatives(ours: "pd.DataFrame", others: "pd.DataFrame", section: Mapping[str, Any]) -> list[str]:
    """What each of the other records has of ours, in words: the same picture file, or nothing."""
    same = set(ours["image"])
    return ["of the same picture" if image in same else "" for image in others["image"]]


def phrases(ours: "pd.DataFrame", others: "pd.DataFrame") -> tuple[str, ...]:
    """An image has no words by which it is known elsewhere."""
    return ()


def repeats(record: Mapping[str, Any], samples: "pd.DataFrame") -> list[int]:
    """The rows of samples that are the record's very picture."""
    return [row for row, image in enumerate(samples["image"]) if image == record["image"]]


def origin(sample: Mapping[str, Any], samples: "pd.DataFrame", train: "pd.DataFrame") -> dict[str, Any]:
    """Whether a sample was copied: the training images nearest to it, by `MEASURE`."""
    import numpy as np

    own = _pixels(sample["image"])
    pictures = [_pixels(image) for image in train["image"]]
    fitting = [n for n, picture in enumerate(pictures) if picture.shape == own.shape]
    distances = np.array([np.sqrt(np.mean((pictures[n] - own) ** 2)) for n in fitting])
    best = distances.argsort(kind="stable")[:NEAREST].tolist()
    columns = ("id", "group", "label")
    near = [
        {**{key: train[key].iloc[fitting[n]] for key in columns}, "distance": round(float(distances[n]), 4)}
        for n in best
    ]
    if not near:
        verdict = f"no training image has its {own.shape[1]} x {own.shape[0]} pixels"
    elif near[0]["distance"] == 0:
        verdict = f"copied pixel for pixel: {int((distances == 0).sum())} of {len(train):,} training images are this"
    else:
        verdict = f"not a training image; the nearest of {len(train):,} is {near[0]['distance']} away"
    return {"verdict": verdict, "nearest": near, "measure": MEASURE}


def _pixels(picture: bytes) -> "np.ndarray[Any, Any]":
    import numpy as np
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(picture)), dtype=np.float32) / 255
