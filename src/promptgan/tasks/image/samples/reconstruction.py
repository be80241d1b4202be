"""Images through the encoder of a model folder and back: reconstructions, and what the codes of a model are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from promptgan.core.errors import PromptganError, shown
from promptgan.forms.tensors import form
from promptgan.forms.tensors.codes import DETERMINISTIC, Codes, fitted
from promptgan.forms.tensors.drawing import draw
from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.forms.tensors.tensors import scaled
from promptgan.networks import folder
from promptgan.tasks.image.samples.pictures import grid, sized

TOKENS = Path("data/tokens")
"""Where test images are, unless others are given."""
BATCH = 256
"""Images that are encoded at once."""
FITTED = 10_000
"""Training images, at most, whose codes a distribution is fitted to."""


class NoEncoder(PromptganError):
    """The model has no encoder, so it reconstructs nothing."""

    def __init__(self, model: Path, why: str = "has no encoder") -> None:
        super().__init__(
            f"{model} {why}, so it cannot reconstruct images",
            "name the folder of an autoencoder, such as models/pretrained of image-vae or image-ae",
        )


class NoImages(PromptganError):
    """There is no image to reconstruct."""


@dataclass(frozen=True)
class Autoencoder:
    """What reconstructs images; the code of one is the mean of what the encoder says."""

    encoder: TensorEncoder
    generator: TensorGenerator
    shape: tuple[int, int, int]
    """(C, H, W) of an image."""
    deterministic: bool
    """Whether it is a plain one, whose codes have no prior."""

    @torch.no_grad()
    def codes(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        """Codes (N, Z), float32 on the CPU, of images, uint8 (N, C, H, W), and their conditions."""
        device, codes = next(self.encoder.parameters()).device, []
        for start in range(0, len(images), BATCH):
            given = None if condition is None else condition[start : start + BATCH].to(device)
            codes.append(self.encoder(scaled(images[start : start + BATCH].to(device)), given)[0].float().cpu())
        return torch.cat(codes)

    def reconstructed(self, images: Tensor, condition: Tensor | None = None) -> Tensor:
        """What it makes of images, uint8 (N, C, H, W) as they are, and of their conditions."""
        return draw(self.generator, self.codes(images, condition), condition)


def encoder_of(model: Path) -> str | None:
    """The name of a model folder's encoder; None where it has none."""
    networks = folder.read_index(model).get("networks", {})
    return next((name for name in ("encoder", DETERMINISTIC) if name in networks), None)


def load(model: Path, device: torch.device | None = None) -> Autoencoder:
    """Load the encoder and the generator of a model folder.

    Raises:
        NotAModelFolder: a file is missing or broken.
        NoEncoder: it has no encoder.
    """
    encoder = encoder_of(model)
    loaded = folder.load(model, device, ["generator", *([encoder] if encoder else [])])
    if not encoder:
        raise NoEncoder(model)
    networks, example = loaded.networks, form.Example(**loaded.index["example"])
    shape = (example.channels, example.height, example.width)
    return Autoencoder(
        cast("TensorEncoder", networks[encoder]),
        cast("TensorGenerator", networks["generator"]),
        shape,
        encoder == DETERMINISTIC,
    )


def codes(autoencoder: Autoencoder, validated: Path) -> Codes | None:
    """The distribution of the codes of the first training images; None where latent vectors have a prior.

    Args:
        autoencoder: whose codes they are.
        validated: the folder of the records of every split.
    """
    if not autoencoder.deterministic:
        return None
    train = pd.read_parquet(validated / "train.parquet", columns=["image"])["image"].iloc[:FITTED]
    return fitted(autoencoder.codes(sized(train, autoencoder.shape)))


def pairs(autoencoder: Autoencoder, images: Tensor, condition: Tensor | None = None) -> Image.Image:
    """Images, uint8 (N, C, H, W), and their conditions, each with its reconstruction beside it, as one picture."""
    both = torch.stack([images, autoencoder.reconstructed(images, condition)], 1).flatten(0, 1)
    return grid(both, 2 * max(1, round((len(images) / 2) ** 0.5)))


def reconstruct(model: Path, out: Path, n: int, images: Sequence[Path] = ()) -> str:
    """Pairs of images and their reconstructions in the picture ``out``; says where it is.

    Args:
        model: a model folder.
        out: the picture.
        n: images, at most.
        images: pictures, or folders of such; none stands for the test split below the current folder.

    Raises:
        NotAModelFolder, NoEncoder: see `load`.
        NoImages: there is none, or one cannot be read.
        OSError: the picture cannot be written.
    """
    autoencoder = load(model)
    if autoencoder.generator.condition is not None:
        raise NoEncoder(model, "reads images together with what they show, which pictures do not tell")
    found = [_read(path, autoencoder.shape) for path in _listed(images)[:n]]
    if images and not found:
        raise NoImages(f"there is no picture in {', '.join(map(str, images))}", "name pictures, or a folder of such")
    read = torch.cat(found) if images else _test(n)
    pairs(autoencoder, read).save(out, "png")
    return f"{len(read)} images, each with its reconstruction to its right, in {out}"


def _listed(places: Sequence[Path]) -> list[Path]:
    endings = Image.registered_extensions()
    return [
        path
        for place in places
        for path in (
            sorted(each for each in place.iterdir() if each.suffix.lower() in endings) if place.is_dir() else [place]
        )
    ]


def _read(path: Path, shape: tuple[int, int, int]) -> Tensor:
    try:
        return sized([path.read_bytes()], shape)
    except Exception as error:  # what Pillow's readers raise on broken files is not said anywhere
        why = shown(str(error) or type(error).__name__)
        raise NoImages(f"{path} is no picture that can be read: {why}", "leave it out") from error


def _test(n: int) -> Tensor:
    if not (TOKENS / form.META).is_file():
        raise NoImages(
            f"there are no test images in {TOKENS}", "name pictures with --images, or run `dvc repro tokenize`"
        )
    test = form.split(TOKENS, "test")
    return test.stored(np.arange(min(n, len(test))))
