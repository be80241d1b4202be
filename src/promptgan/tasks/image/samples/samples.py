"""Images of a model folder, and for the generate stage of every model, with grids to look at."""

import io
import math
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from promptgan.core.compute import Compute, autocast
from promptgan.core.progress import Progress
from promptgan.forms.tensors.drawing import draw, noise
from promptgan.forms.tensors.pictures import pixels
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.networks import folder
from promptgan.tasks.image.samples.contact_sheet import contact_sheet
from promptgan.tasks.image.samples.parameters import Parameters
from promptgan.terms.systems import REAL

OPTIONS = frozenset({"out"})
"""What `promptgan generate` takes for a model of images."""
QUARANTINE = "quarantine.png"
SCALE = 2
"""Pixels of a grid for each of an image, whichever way."""


def load(model: Path, device: torch.device | None = None) -> TensorGenerator:
    """Load the generator of a model folder.

    Raises:
        NotAModelFolder: a file is missing or broken, or it makes no images.
    """
    loaded = folder.load(model, device, ["generator"])
    if loaded.index["task"] != "image":
        raise folder.NotAModelFolder(
            f"the model in {model} makes no images: its task is {loaded.index['task']}",
            "give the folder of one that does",
        )
    return cast("TensorGenerator", loaded.networks["generator"])


def images(generator: TensorGenerator, count: int, seed: int) -> Tensor:
    """``count`` images, uint8 (N, C, H, W); the first are the same however many there are."""
    return draw(generator, noise(seed, count, generator.latent))


def make(model: Path, n: int, seed: int, out: Path = Path("grid.png")) -> str:
    """``n`` images in the picture ``out``; says where it is.

    Raises:
        NotAModelFolder: see `load`.
        OSError: the picture cannot be written.
    """
    grid(images(load(model), n, seed)).save(out, "png")
    return f"{n} images in {out}"


def grid(drawn: Tensor) -> Image.Image:
    """Images, uint8 (N, C, H, W), as one picture, as many in a row as there are rows."""
    columns = math.ceil(math.sqrt(len(drawn)))
    picture = make_grid(drawn, nrow=columns, padding=1, pad_value=128)
    picture = picture.repeat_interleave(SCALE, 1).repeat_interleave(SCALE, 2)
    return Image.fromarray(picture.permute(1, 2, 0).numpy())


def generate(
    folders: dict[str, Path],
    validated: Path,
    out: Path,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
) -> tuple[pd.DataFrame, str]:
    """Draw images of every model, and a grid of each; return the samples, and a sentence on them.

    Their columns are model, number, seed and image, a PNG. ``grid-SYSTEM.png`` holds the first of each, and
    ``grid-real.png`` as many of the test split, their middle at the size of the models' images; ``quarantine.png``
    shows what validation took, if anything. All models start from the same random vectors where those are of one size.
    """
    test = pd.read_parquet(validated / "test.parquet", columns=["image"])["image"]
    chosen = np.random.default_rng(seed).permutation(len(test))[: parameters.shown]
    example = folder.read_index(next(iter(folders.values())))["example"]
    real = [pixels(test.iloc[i], example["channels"], example["width"], "crop") for i in chosen]
    grid(torch.from_numpy(np.stack(real))).save(out / f"grid-{REAL.name}.png")
    if sheet := contact_sheet(validated / "quarantine.parquet"):
        sheet.save(out / QUARANTINE)
    frames = []
    with Progress("samples", len(folders)) as progress:
        for name, path in folders.items():
            with autocast(compute):
                drawn = images(load(path, device), parameters.count, seed)
            grid(drawn[: parameters.shown]).save(out / f"grid-{name}.png")
            columns = {"model": name, "number": range(len(drawn)), "seed": seed, "image": [png(x) for x in drawn]}
            frames.append(pd.DataFrame(columns))
            progress.advance()
    samples = pd.concat(frames, ignore_index=True)
    grids = ", ".join(str(out / f"grid-{name}.png") for name in folders)
    return samples, f"{len(samples)} images in {out}; look at {grids}"


def read(samples: Path) -> dict[str, Tensor]:
    """The images of every model, uint8 (N, C, H, W), in their order.

    Args:
        samples: a samples.parquet.
    """
    table = pd.read_parquet(samples, columns=["model", "image"])
    return {
        str(name): torch.stack([_pixels(png) for png in part["image"]])
        for name, part in table.groupby("model", sort=False)
    }


def png(x: Tensor) -> bytes:
    """An image, uint8 (C, H, W), as a picture file."""
    content = io.BytesIO()
    array = x.numpy()
    Image.fromarray(array[0] if len(array) == 1 else array.transpose(1, 2, 0)).save(content, "png")
    return content.getvalue()


def _pixels(png: bytes) -> Tensor:
    array = np.array(Image.open(io.BytesIO(png)))
    return torch.from_numpy(array[None] if array.ndim == 2 else array.transpose(2, 0, 1).copy())
