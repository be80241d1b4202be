"""What is alike in images: a record and the others, a sample and the training data."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NEAREST = 5
MEASURE = "Euclidean distance of the pixels, of 1, at the sample's size: 0 is the same image, 1 black against white"


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
    from PIL import Image

    from promptgan.forms.tensors.pictures import pixels

    with Image.open(io.BytesIO(sample["image"])) as image:
        size, channels = image.width, len(image.getbands())
    own, *pictures = (pixels(x, channels, size, "crop") / np.float32(255) for x in (sample["image"], *train["image"]))
    distances = np.array([np.sqrt(np.mean((picture - own) ** 2)) for picture in pictures])
    best = distances.argsort(kind="stable")[:NEAREST].tolist()
    columns = ("id", "group", "label")
    near = [{**{key: train[key].iloc[n] for key in columns}, "distance": round(float(distances[n]), 4)} for n in best]
    if near[0]["distance"] == 0:
        verdict = f"copied pixel for pixel: {int((distances == 0).sum())} of {len(train):,} training images are this"
    else:
        verdict = f"not a training image; the nearest of {len(train):,} is {near[0]['distance']} away"
    return {"verdict": verdict, "nearest": near, "measure": MEASURE}
