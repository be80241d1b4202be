"""How near images lie to others in pixels: to training images, and to one another."""

from typing import Any

import numpy as np
import numpy.typing as npt

from promptgan.tasks.image.measures.manifold import squared_distances

ROWS, NUMBERS = 1024, 2**23
"""Images, and pixels of them, that are held as floats at a time."""


def nearest(images: Any, known: Any, *, others: bool = False) -> npt.NDArray[np.float32]:
    """Squared Euclidean distance (N,) of each image to the nearest known one, pixels of 1.

    Args:
        images: uint8 (N, C, H, W).
        known: uint8 (M, C, H, W), read chunk by chunk.
        others: whether ``known`` are the same images, of which none is compared with itself.
    """
    step = max(1, min(ROWS, NUMBERS // max(1, images[0].size)))
    found = np.full(len(images), np.inf, np.float32)
    for first in range(0, len(known), step):
        theirs = _flat(known[first : first + step])
        for start in range(0, len(images), step):
            distances = squared_distances(_flat(images[start : start + step]), theirs)
            if others and start == first:
                np.fill_diagonal(distances, np.inf)
            part = found[start : start + step]
            np.minimum(part, distances.min(1), out=part)
    return found


def _flat(images: Any) -> Any:
    return images.reshape(len(images), -1).astype(np.float32) / 255
