"""What lies between two latent vectors of a generator, as a strip of images or a film."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from promptgan.forms.tensors.drawing import draw, noise
from promptgan.tasks.image.samples.pictures import grid
from promptgan.tasks.image.samples.samples import load_with_prior

FRAME = 80
"""Milliseconds that a film shows an image."""


def interpolate(model: Path, n: int, seed: int, out: Path, prompt: str | None = None) -> str:
    """``n`` images on the way from one latent vector to another, both given by ``seed``; says where they are.

    Where ``out`` ends in .gif they are a film, which goes there and back; else a strip, a PNG.

    Raises:
        NotAModelFolder, NoPrior: see `promptgan.tasks.image.samples.samples.load_with_prior`.
        UnusableRequest: the model has not learnt a label, or no word of a caption, or wants one.
        OSError: the picture cannot be written.
    """
    loaded = load_with_prior(model)
    loaded.check([prompt] if prompt else [])
    asked = [prompt or loaded.labels[0]] * n if loaded.labels or loaded.captions else []
    first, last = noise(seed, 2, loaded.generator.latent)
    images = draw(loaded.generator, between(first, last, n), loaded.conditions(asked))
    if out.suffix.lower() != ".gif":
        grid(images, n).save(out, "png")
        return f"{n} images in {out}"
    frames: list[Image.Image] = [grid(images[i : i + 1]) for i in [*range(n), *range(n - 2, 0, -1)]]
    frames[0].save(out, "gif", save_all=True, append_images=frames[1:], duration=FRAME, loop=0)
    return f"{n} images, there and back, in {out}"


def between(first: Tensor, last: Tensor, n: int) -> Tensor:
    """Vectors (n, Z) from ``first`` (Z,) to ``last`` (Z,), both included, by equal angles.

    On a great circle lengths stay those of normal vectors, which on a line they do not (White, 2016, arXiv:1609.04468;
    the formula: Shoemake, 1985).
    """
    cosine = torch.nn.functional.cosine_similarity(first, last, 0).clamp(-1, 1)
    angle = torch.arccos(cosine)
    t = torch.linspace(0, 1, n)[:, None]
    return (torch.sin((1 - t) * angle) * first + torch.sin(t * angle) * last) / torch.sin(angle)
