"""Images of a model folder, and for the generate stage of every model, with grids to look at."""

from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from promptgan.core.compute import Compute, autocast
from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.forms.tensors.codes import DETERMINISTIC, Codes
from promptgan.forms.tensors.drawing import draw, noise
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.networks import folder
from promptgan.tasks.image.samples import reconstruction
from promptgan.tasks.image.samples.parameters import Parameters
from promptgan.tasks.image.samples.pictures import grid, pixels, png
from promptgan.terms.systems import REAL

OPTIONS = frozenset({"out"})
"""What `promptgan generate` takes for a model of images."""


class NoPrior(PromptganError):
    """The latent vectors of a model follow no distribution that is known, so there is nothing to draw from."""

    def __init__(self, model: Path) -> None:
        super().__init__(
            f"{model} holds a plain autoencoder, whose codes have no prior to draw from",
            "see what it does by `promptgan reconstruct`, or train image-vae; the samples of a run are of a normal"
            " distribution fitted to the codes of its training images, which are not in the folder",
        )


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


def load_with_prior(model: Path) -> TensorGenerator:
    """As `load`, of a model whose latent vectors are standard normal.

    Raises:
        NotAModelFolder: see `load`.
        NoPrior: it is a plain autoencoder.
    """
    generator = load(model)
    if reconstruction.encoder_of(model) == DETERMINISTIC:
        raise NoPrior(model)
    return generator


def images(generator: TensorGenerator, count: int, seed: int, codes: Codes | None = None) -> Tensor:
    """``count`` images, uint8 (N, C, H, W); the first are the same however many there are.

    Latent vectors are standard normal, or as ``codes`` say.
    """
    z = noise(seed, count, generator.latent)
    return draw(generator, codes.at(z) if codes else z)


def make(model: Path, n: int, seed: int, out: Path = Path("grid.png")) -> str:
    """``n`` images in the picture ``out``; says where it is.

    Raises:
        NotAModelFolder, NoPrior: see `load_with_prior`.
        OSError: the picture cannot be written.
    """
    grid(images(load_with_prior(model), n, seed)).save(out, "png")
    return f"{n} images in {out}"


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
    ``grid-real.png`` as many of the test split; these are what ``reconstructions-SYSTEM.png`` shows beside what an
    autoencoder makes of them. All models start from the same random vectors where those are of one size; a plain
    autoencoder turns them into codes by the normal distribution fitted to those of training images.
    """
    test = pd.read_parquet(validated / "test.parquet", columns=["image"])["image"]
    chosen = [test.iloc[i] for i in np.random.default_rng(seed).permutation(len(test))[: parameters.shown]]
    grid(torch.stack([pixels(each) for each in chosen])).save(out / f"grid-{REAL.name}.png")
    frames = []
    with Progress("samples", len(folders)) as progress:
        for name, path in folders.items():
            with autocast(compute):
                codes = reconstruction.codes(path, validated, device)
                drawn = images(load(path, device), parameters.count, seed, codes)
                if reconstruction.encoder_of(path):
                    pairs = reconstruction.pairs(reconstruction.load(path, device), chosen)
                    pairs.save(out / f"reconstructions-{name}.png")
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
        str(name): torch.stack([pixels(each) for each in part["image"]])
        for name, part in table.groupby("model", sort=False)
    }
