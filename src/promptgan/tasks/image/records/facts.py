"""What is told of a picture file: whether it can be read, its size and mode, its brightness, and what it is like."""

import hashlib
import io
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image

ORIENTATION = 0x0112
"""The tag of EXIF that says how a camera was held."""
HASH_SIDE = 8
"""The perceptual hash has the square of it in bits."""


class Facts(NamedTuple):
    """One row of the table that rules are asked of."""

    unknown: str | None = None
    """Why it is no picture, in Pillow's words; None where it is one."""
    damage: str | None = None
    """Why the picture cannot be read to its end, likewise."""
    width: int = 0
    """Pixels, as a viewer shows it: turned as its camera was held."""
    height: int = 0
    mode: str = ""
    """Pillow's name of how a pixel is written, such as RGBA."""
    minimum: float = 0.0
    """Of the numbers of all pixels on white paper: grey, or red, green and blue, of 8 bits where it has no more."""
    maximum: float = 0.0
    mean: float = 0.0
    deviation: float = 0.0
    """Their standard deviation within a channel, the largest of all channels; 0 where all pixels are alike."""
    perceptual_hash: int = 0
    """See `difference_hash`."""
    pixels: str = ""
    """sha256 of size and pixels on white paper, whatever the format of the file."""
    bytes: int = 0
    """Of the file."""


def facts(content: bytes) -> Facts:
    """What there is to tell of a file's content."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        file = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        return Facts(unknown="Pillow knows no such format", bytes=len(content))
    except Exception as error:  # what its readers raise on broken files is not said anywhere
        return Facts(damage=_told(error), bytes=len(content))
    try:
        image = on_white(file)
    except Exception as error:
        return Facts(damage=_told(error), mode=file.mode, bytes=len(content))
    numbers = np.asarray(image).reshape(image.height * image.width, -1)
    grey = (numbers == numbers[:, :1]).all() if numbers.shape[1] > 1 else True
    return Facts(
        width=image.width,
        height=image.height,
        mode=file.mode,
        minimum=float(numbers.min()),
        maximum=float(numbers.max()),
        mean=float(numbers.mean()),
        deviation=float(numbers.std(0, dtype=np.float64).max()),
        perceptual_hash=difference_hash(image),
        pixels=hashlib.sha256(f"{image.size}".encode() + numbers[:, : 1 if grey else None].tobytes()).hexdigest(),
        bytes=len(content),
    )


def difference_hash(image: "Image.Image") -> int:
    """64 bits that say of neighbours in a row, of 9 x 8 averages, whether the right one is brighter (dHash).

    Copies of another size, format or brightness differ in few bits (Krawetz, 2013, Kind of Like That,
    https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html). The first bit is the highest.

    Args:
        image: grey, coloured, or of floating-point numbers.
    """
    import numpy as np
    from PIL import Image

    grey = image if image.mode in ("F", "L") else image.convert("L")
    small = np.asarray(grey.resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX))
    return int.from_bytes(np.packbits(small[:, 1:] > small[:, :-1]).tobytes())


def on_white(image: "Image.Image") -> "Image.Image":
    """A picture as it looks on white paper, turned as its camera was held: grey (L), RGB or, of more bits, floats (F).

    Raises:
        Exception: whatever Pillow raises where the file is broken.
    """
    import numpy as np
    from PIL import Image, ImageOps

    image.load()
    if image.getexif().get(ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(np.asarray(image).astype(np.float32))
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        image = paper
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
