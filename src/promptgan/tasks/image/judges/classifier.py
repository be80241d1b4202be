"""A convolutional classifier of images, whose last hidden layer gives the features that distances are measured in."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import dropout, relu

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tensors.tensors import Tensors, scaled
from promptgan.networks.weights import save_weights

INDEX, WEIGHTS = "index.json", "classifier.safetensors"
CHUNK = 4096
"""Images of a split that are in memory at a time."""


class NoClassifier(PromptganError):
    """A folder does not hold the classifier that the stage judges writes."""


class Classifier(nn.Module):
    """Two strided convolutions, a layer of features, and the classes.

    Args:
        shape: (C, H, W) of an image; H and W divisible by 4.
        classes: K.
        width: channels at half the size.
        features: F.
        dropout: of the features, while training.
    """

    def __init__(
        self, shape: tuple[int, int, int], classes: int, width: int, features: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        channels, height, wide = shape
        self.dropout = dropout
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 5, 2, 2),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 5, 2, 2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * width * (height // 4) * (wide // 4), features),
        )
        self.classes = nn.Linear(features, classes)

    def features(self, x: Tensor) -> Tensor:
        """Features (N, F) of images (N, C, H, W) in [-1, 1]."""
        return relu(self.layers(x))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, K) of images (N, C, H, W) in [-1, 1]."""
        logits: Tensor = self.classes(dropout(self.features(x), self.dropout, self.training))
        return logits


@torch.no_grad()
def seen(classifier: Classifier, images: Tensor) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Features (N, F) of images, uint8 (N, C, H, W), and the likeliest class of each, (N,)."""
    device = next(classifier.parameters()).device
    features = torch.cat([classifier.features(scaled(part.to(device))) for part in torch.split(images, 256)])
    classes = classifier.classes(features).argmax(1)
    return features.cpu().numpy().astype(np.float64), classes.cpu().numpy()


def classes_of(classifier: Classifier, data: Tensors) -> npt.NDArray[np.int64]:
    """The likeliest class (N,) of every image of a split, which is read chunk by chunk."""
    chunks = np.array_split(np.arange(len(data)), -(-len(data) // CHUNK))
    return np.concatenate([seen(classifier, data.stored(chunk))[1] for chunk in chunks])


def save(folder: Path, classifier: Classifier, index: dict[str, Any]) -> None:
    """Write ``index.json`` and the weights; ``index`` holds what `Classifier` is built from, and more."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / WEIGHTS, classifier)
    write_json(folder / INDEX, {"kind": "judge", "task": "image", **index})


def load(folder: Path, device: torch.device | None = None) -> Classifier:
    """Load the classifier of a folder, in evaluation mode.

    Raises:
        NoClassifier: a file is missing or broken.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        classifier = Classifier(tuple(index["shape"]), index["classes"], index["width"], index["features"])
        classifier.load_state_dict(load_file(folder / WEIGHTS))
    except Exception as error:  # safetensors raises its own
        raise NoClassifier(
            f"{folder} holds no classifier: {error}", "run `dvc repro judges`, or `dvc checkout`"
        ) from error
    return classifier.to(device or torch.device("cpu")).eval()
