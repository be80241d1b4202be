"""Images of a model folder, and for the generate stage of every model, with grids to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from promptgan.core.compute import Compute, autocast
from promptgan.core.errors import PromptganError, shown
from promptgan.core.progress import Progress
from promptgan.forms.tensors.codes import DETERMINISTIC, Codes
from promptgan.forms.tensors.drawing import draw, noise
from promptgan.forms.tensors.form import labels_of
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.networks import folder
from promptgan.tasks.image.samples import reconstruction
from promptgan.tasks.image.samples.parameters import Parameters
from promptgan.tasks.image.samples.pictures import grid, pixels, png
from promptgan.terms.systems import REAL

OPTIONS = frozenset({"prompt", "out"})
"""What `promptgan generate` takes for a model of images."""


class NoPrior(PromptganError):
    """The latent vectors of a model follow no distribution that is known, so there is nothing to draw from."""

    def __init__(self, model: Path) -> None:
        super().__init__(
            f"{model} holds a plain autoencoder, whose codes have no prior to draw from",
            "see what it does by `promptgan reconstruct`, or train image-vae; the samples of a run are of a normal"
            " distribution fitted to the codes of its training images, which are not in the folder",
        )


class UnusableRequest(PromptganError):
    """A model is asked for what it has not learnt, or not told what it is asked for."""


@dataclass(frozen=True)
class ImageModel:
    """What draws images."""

    generator: TensorGenerator
    """In evaluation mode."""
    labels: list[str]
    """One of which is asked for; empty where nothing is."""

    def conditions(self, labels: Sequence[str]) -> Tensor | None:
        """The labels as the generator takes them, (N,); None where nothing is asked for.

        Raises:
            UnusableRequest: the model has not learnt one of them.
        """
        if not self.labels:
            return None
        number = {label: index for index, label in enumerate(self.labels)}
        for label in labels:
            if label not in number:
                known = ", ".join(self.labels[:20])
                raise UnusableRequest(
                    f"the model has learnt nothing called {shown(label)}", f"ask for one of these: {known}"
                )
        return torch.tensor([number[label] for label in labels])


def load(model: Path, device: torch.device | None = None) -> ImageModel:
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
    return ImageModel(cast("TensorGenerator", loaded.networks["generator"]), labels_of(model))


def load_with_prior(model: Path) -> ImageModel:
    """As `load`, of a model whose latent vectors are standard normal.

    Raises:
        NotAModelFolder: see `load`.
        NoPrior: it is a plain autoencoder.
    """
    loaded = load(model)
    if reconstruction.encoder_of(model) == DETERMINISTIC:
        raise NoPrior(model)
    return loaded


def images(model: ImageModel, count: int, seed: int, labels: Sequence[str] = (), codes: Codes | None = None) -> Tensor:
    """``count`` images, uint8 (N, C, H, W); the first are the same however many there are.

    Latent vectors are standard normal, or as ``codes`` say. ``labels`` are those that are asked for, as many, of a
    model that makes images of such.

    Raises:
        UnusableRequest: see `ImageModel.conditions`.
    """
    z = noise(seed, count, model.generator.latent)
    return draw(model.generator, codes.at(z) if codes else z, model.conditions(labels))


def make(model: Path, n: int, seed: int, prompt: list[str] | None = None, out: Path = Path("grid.png")) -> str:
    """``n`` images of each label that is asked for, in the picture ``out``; says where it is.


    Raises:
        UnusableRequest: a label is asked for that the model has not learnt, or the model makes images of no label.
        NotAModelFolder, NoPrior: see `load_with_prior`.
        OSError: the picture cannot be written.
    """
    loaded = load_with_prior(model)
    if prompt and not loaded.labels:
        raise UnusableRequest("this model is not told what to make", "leave --prompt out")
    asked = [label for label in prompt or loaded.labels for _ in range(n)]
    drawn = images(loaded, len(asked) or n, seed, asked)
    grid(drawn, n if asked else None).save(out, "png")
    return f"{len(drawn)} images in {out}"


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

    Their columns are model, number, seed and image, a PNG, and label, where models are asked for one: those of test
    images in an order that ``seed`` gives. ``grid-SYSTEM.png`` holds the first of each, and ``grid-real.png`` as many
    of the test split; these are what ``reconstructions-SYSTEM.png`` shows beside what an autoencoder makes of them. All
    models start from the same random vectors where those are of one size; a plain autoencoder turns them into codes by
    the normal distribution fitted to those of training images.
    """
    test = pd.read_parquet(validated / "test.parquet", columns=["image", "label"])
    order = np.random.default_rng(seed).permutation(len(test))
    chosen = test.iloc[order[: parameters.shown]]
    grid(torch.stack([pixels(each) for each in chosen["image"]])).save(out / f"grid-{REAL.name}.png")
    labels = test["label"].iloc[np.resize(order, parameters.count)].tolist()
    frames = []
    with Progress("samples", len(folders)) as progress:
        for name, path in folders.items():
            model = load(path, device)
            with autocast(compute):
                codes = reconstruction.codes(path, validated, device)
                drawn = images(model, parameters.count, seed, labels, codes)
                if reconstruction.encoder_of(path):
                    autoencoder = reconstruction.load(path, device)
                    condition = model.conditions(chosen["label"].tolist())
                    pairs = reconstruction.pairs(autoencoder, chosen["image"].tolist(), condition)
                    pairs.save(out / f"reconstructions-{name}.png")
            grid(drawn[: parameters.shown]).save(out / f"grid-{name}.png")
            columns = {"model": name, "number": range(len(drawn)), "seed": seed, "image": [png(x) for x in drawn]}
            frames.append(pd.DataFrame(columns).assign(**({"label": labels} if model.labels else {})))
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
