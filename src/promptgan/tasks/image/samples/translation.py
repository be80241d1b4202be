"""Test images translated into the other of two kinds, beside their true counterparts where there are such."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from promptgan.forms.tensors.drawing import translate
from promptgan.forms.tensors.form import classes_of
from promptgan.forms.tensors.roles import TensorTranslator
from promptgan.networks import folder
from promptgan.tasks.image.samples.pictures import grid, png, sized

WAYS = ("generator", "generator_back")


@dataclass(frozen=True)
class Translator:
    """What translates images both ways."""

    ways: tuple[TensorTranslator, TensorTranslator]
    """From the first kind to the second and back, in evaluation mode."""
    kinds: tuple[str, str]
    """Their labels."""

    def translated(self, images: Tensor, labels: list[str]) -> Tensor:
        """Images, uint8 (N, C, H, W), of the kinds that ``labels`` say, as the other one."""
        made = torch.empty_like(images)
        for kind, way in zip(self.kinds, self.ways, strict=True):
            own = torch.tensor([label == kind for label in labels])
            if own.any():
                made[own] = translate(way, images[own])
        return made

    def other(self, label: str) -> str:
        """The kind that images of a kind become."""
        return self.kinds[label == self.kinds[0]]


def translates(model: Path) -> bool:
    """Whether a model folder holds translators."""
    networks: dict[str, Any] = folder.read_index(model).get("networks", {})
    return set(WAYS) <= networks.keys()


def load(model: Path, device: torch.device | None = None) -> Translator:
    """Load the translators of a model folder.

    Raises:
        NotAModelFolder: a file is missing or broken.
    """
    networks = folder.load(model, device, WAYS).networks
    there, back = (cast("TensorTranslator", networks[way]) for way in WAYS)
    first, second = classes_of(model)
    return Translator((there, back), (first, second))


def rows(path: Path, test: pd.DataFrame, shown: int, device: torch.device) -> tuple[pd.DataFrame, Image.Image]:
    """Translations of the images of records, and a picture of the first: source, translation and true counterpart.

    The columns are number, image, `label`, the kind that it has become, `source`, its own picture, and `partner`, that
    of the record whose id differs in the label alone, with which it begins; None where there is no such record.

    Args:
        path: a model folder of translators.
        test: records: columns id, image and label.
        shown: how many are in the picture.
        device: where translators run.
    """
    translator, example = load(path, device), folder.read_index(path)["example"]
    images = sized(test["image"], (example["channels"], example["height"], example["width"]))
    labels = test["label"].tolist()
    wanted = [translator.other(label) for label in labels]
    place = {identifier: index for index, identifier in enumerate(test["id"])}
    partners = [
        place.get(other + identifier.removeprefix(own))
        for identifier, own, other in zip(test["id"], labels, wanted, strict=True)
    ]
    made = translator.translated(images, labels)
    table = {
        "number": range(len(test)),
        "image": [png(x) for x in made],
        "label": wanted,
        "source": [png(x) for x in images],
        "partner": [None if index is None else png(images[index]) for index in partners],
    }
    paired = [index for index, partner in enumerate(partners) if partner is not None][:shown] or range(shown)
    blank = torch.full_like(images[0], 255)
    strips = [(images[i], made[i], blank if (j := partners[i]) is None else images[j]) for i in paired]
    columns = 3 * max(1, round((len(strips) / 3) ** 0.5))
    return pd.DataFrame(table), grid(torch.stack([x for strip in strips for x in strip]), columns)
