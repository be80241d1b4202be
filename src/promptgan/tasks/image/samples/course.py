"""What the same inputs became through a training, as one picture."""

from PIL import Image, ImageDraw
from torch import Tensor

from promptgan.tasks.image.samples.pictures import grid

ROWS = 10
"""Validations that are shown."""
MARGIN = 90
"""Pixels for what stands before a row."""


def picture(made: Tensor) -> Image.Image:
    """A row for each of some validations from all over, the first, untrained, and the last among them.

    Args:
        made: images of every validation, uint8 (validations, N, C, H, W).
    """
    last = len(made) - 1
    rows = sorted({round(i * last / max(1, ROWS - 1)) for i in range(ROWS)})
    images = grid(made[rows].flatten(0, 1), made.shape[1]).convert("RGB")
    sheet = Image.new("RGB", (MARGIN + images.width, images.height), "white")
    sheet.paste(images, (MARGIN, 0))
    draw = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows):
        said = "untrained" if row == 0 else f"validation {row}"
        draw.text((4, (number + 0.5) * images.height / len(rows)), said, fill="black", anchor="lm")
    return sheet
