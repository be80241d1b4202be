"""Pictures of every mode and size as arrays of one shape."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from promptgan.forms.tensors.pictures import Fit, pixels


def encoded(image: Image.Image, kind: str = "png", **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


RAMP = np.linspace(0, 255, 8 * 8).astype(np.uint8).reshape(8, 8)
GREY = Image.fromarray(RAMP)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (GREY, "png"),
        (GREY.convert("RGB"), "png"),
        (GREY.convert("RGBA"), "webp"),
        (GREY.convert("LA"), "png"),
        (GREY.convert("P"), "gif"),
        (GREY.convert("RGB").convert("CMYK"), "tiff"),
        (Image.fromarray(RAMP.astype(np.uint16) * 257), "png"),
        (Image.fromarray((RAMP / 255).astype(np.float32)), "tiff"),
        (Image.fromarray(RAMP.astype(np.float32)), "tiff"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.mode,
)
def test_every_mode_comes_to_the_same_grey(image: Image.Image, kind: str, channels: int) -> None:
    options = {"lossless": True} if kind == "webp" else {}
    array = pixels(encoded(image, kind, **options), channels, 8, "crop")
    assert (array.shape, array.dtype) == ((channels, 8, 8), np.uint8)
    assert np.abs(array.astype(int) - RAMP).max() <= 1


def test_what_is_transparent_is_white() -> None:
    half = np.zeros((8, 8, 4), np.uint8)
    half[:4, :, 3] = 255
    assert pixels(encoded(Image.fromarray(half)), 1, 8, "crop")[0, :, 0].tolist() == [0] * 4 + [255] * 4
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([10, 20, 30])
    assert pixels(encoded(palette, transparency=0), 3, 8, "crop").min() == 255
    assert pixels(encoded(palette), 3, 8, "crop")[:, 0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("fit", "columns"),
    [("crop", [100, 100, 200, 200]), ("pad", [255, 100, 200, 255]), ("stretch", [0, 100, 200, 50])],
)
def test_what_is_not_square_is_made_so(fit: Fit, columns: list[int]) -> None:
    """Four stripes: 0, 100, 200 and 50, twice as wide together as high."""
    wide = np.repeat(np.array([0, 100, 200, 50], np.uint8), 100)[None].repeat(200, 0)
    image = Image.fromarray(wide.T if fit == "pad" else wide)
    array = pixels(encoded(image), 1, 200, fit)[0]
    if fit == "pad":
        assert (array[100, 0], array[100, 199]) == (255, 255)
        assert [array[y, 100] for y in (25, 75, 125, 175)] == [0, 100, 200, 50]
    else:
        assert [array[100, x] for x in (25, 75, 125, 175)] == columns


def test_a_camera_that_was_turned_is_turned_back() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    assert np.array_equal(pixels(encoded(GREY, exif=exif), 1, 8, "crop")[0], RAMP[::-1, ::-1])
