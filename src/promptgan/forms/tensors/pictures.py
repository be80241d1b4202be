"""Picture files of any size and mode as arrays of one shape."""

import io
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

Fit = Literal["crop", "pad", "stretch"]
"""What becomes of a picture that is not square: its middle, with white beside it, or out of proportion."""
ORIENTATION = 0x0112
"""The tag of EXIF that says how a camera was held."""
MODES = {1: "L", 3: "RGB"}
"""Pillow's name of a mode by its number of channels."""
RESAMPLING = Image.Resampling.BICUBIC
"""As Parmar et al. (2022, arXiv:2104.11222) advise: without aliases where it makes smaller."""


def pixels(content: bytes, channels: int, size: int, fit: Fit) -> npt.NDArray[np.uint8]:
    """The pixels of a picture file, upright and on white, uint8 (``channels``, ``size``, ``size``).

    Args:
        content: of the file; of one with several pictures the first is taken.
        channels: 1, grey, or 3, red, green and blue.
        size: pixels that the array is wide and high.
        fit: of what is not square.

    Raises:
        OSError, ValueError: it is no picture that Pillow reads.
    """
    image, square = _on_white(Image.open(io.BytesIO(content))).convert(MODES[channels]), (size, size)
    if image.size != square:
        if fit == "crop":
            image = ImageOps.fit(image, square, RESAMPLING)
        elif fit == "pad":
            image = ImageOps.pad(image, square, RESAMPLING, color="white")
        else:
            image = image.resize(square, RESAMPLING)
    array = np.asarray(image)
    return array[None] if channels == 1 else array.transpose(2, 0, 1)


def _on_white(image: Image.Image) -> Image.Image:
    """A picture as its camera was held, of 8 bits a channel, without transparency.

    Of 16 bits the upper 8 are taken; floating-point numbers are brightness in [0, 1], or in [0, 255] where one is
    above 1.
    """
    image.load()
    if image.getexif().get(ORIENTATION, 1) != 1:  # a copy less of what is upright
        image = ImageOps.exif_transpose(image)
    if image.mode == "F" or image.mode.startswith("I"):
        numbers = np.asarray(image).astype(np.float64)
        brightest = (1 if numbers.max() <= 1 else 255) if image.mode == "F" else 2**16 - 1
        return Image.fromarray((numbers / brightest * 255).clip(0, 255).round().astype(np.uint8))
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        return paper
    return image
