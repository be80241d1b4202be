"""Images as picture files, and many of them as one picture."""

import io
import math
from collections.abc import Iterable

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from promptgan.forms.tensors.pictures import pixels

SCALE = 2
"""Pixels of a grid for each of an image, whichever way."""


def grid(images: Tensor, columns: int | None = None) -> Image.Image:
    """Images, uint8 (N, C, H, W), as one picture, with as many in a row as there are rows, or ``columns``."""
    columns = columns or math.ceil(math.sqrt(len(images)))
    picture = make_grid(images, nrow=columns, padding=1, pad_value=128)
    picture = picture.repeat_interleave(SCALE, 1).repeat_interleave(SCALE, 2)
    return Image.fromarray(picture.permute(1, 2, 0).numpy())


def png(x: Tensor) -> bytes:
    """An image, uint8 (C, H, W), as a picture file."""
    content = io.BytesIO()
    array = x.numpy()
    Image.fromarray(array[0] if len(array) == 1 else array.transpose(1, 2, 0)).save(content, "png")
    return content.getvalue()


def out_of(content: bytes) -> Tensor:
    """The image, uint8 (C, H, W), that `png` has written."""
    array = np.array(Image.open(io.BytesIO(content)))
    return torch.from_numpy(array[None] if array.ndim == 2 else array.transpose(2, 0, 1).copy())


def sized(pictures: Iterable[bytes], shape: tuple[int, int, int]) -> Tensor:
    """Picture files of any size as images of a shape (C, H, H), uint8 (N, C, H, H): of what is not square the middle.

    Raises:
        OSError, ValueError: one is no picture that Pillow reads.
    """
    channels, size, _ = shape
    return torch.from_numpy(np.stack([pixels(each, channels, size, "crop") for each in pictures]))
