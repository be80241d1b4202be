"""Earlier translations, which a discriminator is shown beside new ones (Shrivastava et al., 2017, arXiv:1612.07828)."""

from typing import Any

import torch
from torch import Tensor


class Pool:
    """The last images that were put in, up to a number; a part of a method's state.

    Args:
        size: the most images.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.images: Tensor | None = None

    def exchanged(self, images: Tensor) -> Tensor:
        """Put images (N, C, H, W) in; of each, by chance, it or one that was there and leaves for it.

        As long as the pool is not full, images are kept and given back.
        """
        images = images.detach()
        if self.images is None:
            self.images = images[:0]
        room = min(self.size - len(self.images), len(images))
        self.images = torch.cat([self.images, images[:room]])
        given = [images[:room]]
        for image in images[room:]:
            if torch.rand(()) < 0.5:
                given.append(image[None])
                continue
            place = int(torch.randint(len(self.images), ()))
            given.append(self.images[place : place + 1].clone())
            self.images[place] = image
        return torch.cat(given)

    def state_dict(self) -> dict[str, Any]:
        """The images; none where nothing was put in yet."""
        return {} if self.images is None else {"images": self.images}

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """Put back what `state_dict` returned."""
        self.images = state_dict.get("images")
