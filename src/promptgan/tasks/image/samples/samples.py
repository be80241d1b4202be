"""Images of a model folder, and for the generate stage of every model, with grids to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from promptgan.core.compute import Compute, autocast
from promptgan.core.errors import PromptganError, shown
from promptgan.core.progress import Progress
from promptgan.forms.tensors.captions import SPECIAL, UNKNOWN, Vocabulary, captions
from promptgan.forms.tensors.codes import DETERMINISTIC, Codes
from promptgan.forms.tensors.course import course_of
from promptgan.forms.tensors.drawing import draw, noise, truncated
from promptgan.forms.tensors.form import captions_of, labels_of
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.networks import folder
from promptgan.tasks.image.samples import course, reconstruction, translation
from promptgan.tasks.image.samples.contact_sheet import contact_sheet
from promptgan.tasks.image.samples.parameters import Parameters
from promptgan.tasks.image.samples.pictures import grid, out_of, png, sized
from promptgan.terms.systems import REAL

OPTIONS = frozenset({"prompt", "out"})
"""What `promptgan generate` takes for a model of images."""
QUARANTINE = "quarantine.png"


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
    """One of which is asked for; empty where none is."""
    captions: Vocabulary | None
    """Of captions, one of which is asked for; None where none is."""

    def check(self, captions: Sequence[str]) -> None:
        """Refuse captions that somebody asks by in vain; those of records may have no word that is known.

        Raises:
            UnusableRequest: there is none, or the model has learnt no word of one.
        """
        if not self.captions:
            return
        if not captions:
            raise UnusableRequest("this model makes what a caption says", "give one, as in --prompt 'an ankle boot'")
        for caption, row in zip(captions, self.captions.ids(captions), strict=True):
            if (row <= UNKNOWN).all():
                known = ", ".join(self.captions.words[len(SPECIAL) :][:20])
                raise UnusableRequest(f"the model knows no word of {shown(caption)}", f"it has learnt {known}")

    def conditions(self, asked: Sequence[str]) -> Tensor | None:
        """The labels or captions as the generator takes them, (N,) or (N, T); None where nothing is asked for.

        Raises:
            UnusableRequest: the model has not learnt a label.
        """
        if self.captions:
            return torch.from_numpy(self.captions.ids(asked).astype(np.int64))
        if not self.labels:
            return None
        number = {label: index for index, label in enumerate(self.labels)}
        for label in asked:
            if label not in number:
                known = ", ".join(self.labels[:20])
                raise UnusableRequest(
                    f"the model has learnt nothing called {shown(label)}", f"ask for one of these: {known}"
                )
        return torch.tensor([number[label] for label in asked])


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
    return ImageModel(cast("TensorGenerator", loaded.networks["generator"]), labels_of(model), captions_of(model))


def load_with_autoencoder(
    model: Path, device: torch.device | None = None
) -> tuple[ImageModel, reconstruction.Autoencoder | None]:
    """As `load`, and the autoencoder that the generator belongs to; None where it has no encoder."""
    if not reconstruction.encoder_of(model):
        return load(model, device), None
    autoencoder = reconstruction.load(model, device)
    return ImageModel(autoencoder.generator, labels_of(model), captions_of(model)), autoencoder


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


def images(
    model: ImageModel,
    count: int,
    seed: int,
    asked: Sequence[str] = (),
    codes: Codes | None = None,
    truncation: float = 1.0,
) -> Tensor:
    """``count`` images, uint8 (N, C, H, W); the first are the same however many there are.

    Latent vectors are standard normal, of which ``truncation`` leaves the middle, or as ``codes`` say. ``asked`` are as
    many labels or captions, of a model that makes images of such.

    Raises:
        UnusableRequest: see `ImageModel.conditions`.
    """
    z = truncated(noise(seed, count, model.generator.latent), truncation)
    return draw(model.generator, codes.at(z) if codes else z, model.conditions(asked))


def make(model: Path, n: int, seed: int, prompt: list[str] | None = None, out: Path = Path("grid.png")) -> str:
    """``n`` images of what is asked for each time, in the picture ``out``, and each in the folder of its name.


    Raises:
        UnusableRequest: a label is asked for that the model has not learnt, or a caption of which it knows no word, or
            the model makes images of no label.
        NotAModelFolder, NoPrior: see `load_with_prior`.
        OSError: the picture cannot be written.
    """
    loaded = load_with_prior(model)
    if prompt and not (loaded.labels or loaded.captions):
        raise UnusableRequest("this model is not told what to make", "leave --prompt out")
    loaded.check(prompt or [])
    asked = [label for label in prompt or loaded.labels for _ in range(n)]
    drawn = images(loaded, len(asked) or n, seed, asked)
    grid(drawn, n if asked else None).save(out, "png")
    singles = out.with_suffix("")
    singles.mkdir(exist_ok=True)
    for number, x in enumerate(drawn, 1):
        (singles / f"{number:04}.png").write_bytes(png(x))
    return f"{len(drawn)} images in {out}, and each by itself in {singles}"


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

    Their columns are model, truncation, number, seed and image, a PNG; where models are asked for something also label,
    and prompt where that is a caption: those of test images in an order that ``seed`` gives; words that a model has not
    learnt are one word to it. Translators make these images themselves into the other kind; see `translation.rows`.
    ``grid-SYSTEM.png`` holds the first of each, and ``grid-real.png`` as many of the test split, their middle at the
    size of the models' images; these are what ``reconstructions-SYSTEM.png`` shows beside what an autoencoder makes of
    them. ``course-SYSTEM.png`` shows what the same inputs became through its training, and ``quarantine.png`` what
    validation took, if anything. All models start from the same random vectors where those are of one size; a plain
    autoencoder turns them into codes by the normal distribution fitted to those of training images.
    """
    test = pd.read_parquet(validated / "test.parquet")
    test = test.iloc[np.resize(np.random.default_rng(seed).permutation(len(test)), max(parameters.count, len(test)))]
    chosen = test.head(min(parameters.shown, len(test)))
    example = folder.read_index(next(iter(folders.values())))["example"]
    real = sized(chosen["image"], (example["channels"], example["height"], example["width"]))
    grid(real).save(out / f"grid-{REAL.name}.png")
    if sheet := contact_sheet(validated / "quarantine.parquet"):
        sheet.save(out / QUARANTINE)
    frames = []
    with Progress("samples", len(folders)) as progress:
        for name, path in folders.items():
            with autocast(compute):
                if translation.translates(path):
                    rows, shown = translation.rows(path, test.head(parameters.count), parameters.shown, device)
                else:
                    model, autoencoder = load_with_autoencoder(path, device)
                    codes = reconstruction.codes(autoencoder, validated) if autoencoder else None
                    rows, shown = _rows(model, codes, test, parameters, seed)
                    if autoencoder:
                        pairs = reconstruction.pairs(autoencoder, real, model.conditions(_asked(model, chosen)))
                        pairs.save(out / f"reconstructions-{name}.png")
            shown.save(out / f"grid-{name}.png")
            if (made := course_of(path)) is not None:
                course.picture(made).save(out / f"course-{name}.png")
            frames.append(rows.assign(model=name, seed=seed))
            progress.advance()
    samples = pd.concat(frames, ignore_index=True)
    grids = ", ".join(str(out / f"grid-{name}.png") for name in folders)
    return samples, f"{len(samples)} images in {out}; look at {grids}"


def _rows(
    model: ImageModel, codes: Codes | None, test: pd.DataFrame, parameters: Parameters, seed: int
) -> tuple[pd.DataFrame, Image.Image]:
    """What a model makes of random vectors, for the first of these records, and a grid of the first whole ones."""
    count = parameters.count
    asked = _asked(model, test.head(count))
    columns: dict[str, Any] = {"number": range(count)}
    if asked:
        columns["label"] = test["label"].tolist()[:count]
    if model.captions:
        columns["prompt"] = asked
    frames, shown = [], None
    for truncation in sorted(parameters.truncations, reverse=True):
        drawn = images(model, count, seed, asked, codes, truncation)
        shown = shown or grid(drawn[: parameters.shown])
        frames.append(pd.DataFrame({"truncation": truncation, **columns, "image": [png(x) for x in drawn]}))
    assert shown
    return pd.concat(frames, ignore_index=True), shown


def _asked(model: ImageModel, test: pd.DataFrame) -> list[str]:
    """What a model is asked for by records: their labels or captions; nothing where it is not."""
    if model.captions:
        return list(captions(test["id"], test["label"], test.get("caption")))
    return test["label"].tolist() if model.labels else []


def read(samples: Path) -> dict[str, Tensor]:
    """The images of every model, uint8 (N, C, H, W), in their order.

    Args:
        samples: a samples.parquet.
    """
    table = pd.read_parquet(samples, columns=["model", "image"])
    return {
        str(name): torch.stack([out_of(each) for each in part["image"]])
        for name, part in table.groupby("model", sort=False)
    }
