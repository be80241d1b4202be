"""Fitting the classifier whose features images are measured in, on a split that no generator sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from promptgan.core.compute import Compute
from promptgan.core.errors import PromptganError
from promptgan.forms.tensors.form import Example
from promptgan.forms.tensors.tensors import Tensors
from promptgan.tasks.image.judges import classifier as networks
from promptgan.tasks.image.judges.classifier import Classifier
from promptgan.tasks.image.judges.parameters import FEWEST, Parameters
from promptgan.training.loop import fitting
from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.fitting import Fitting
from promptgan.training.loop.method import Row

Indices = npt.NDArray[np.int64]
CHUNK = 1024
"""Images that are held as floats at a time."""


class TooFewImages(PromptganError):
    """The judge split is too small to fit and to test on."""


@dataclass(frozen=True)
class Fitted:
    """A classifier and what became of its training."""

    classifier: Classifier
    index: dict[str, Any]
    """What it is built from, but for the number of classes, which the metrics hold."""
    metrics: dict[str, Any]
    """The content of metrics/judges.json."""

    def save(self, folder: Path) -> None:
        """Write the classifier, which `promptgan.tasks.image.judges.classifier.load` reads."""
        networks.save(folder, self.classifier, {**self.index, **self.metrics})

    @property
    def sentence(self) -> str:
        """How well it tells classes apart, beside the nearest mean image, where there is more than one class."""
        if self.metrics["classes"] == 1:
            return "classifier: all images have one label, so it had nothing to learn, and its features are random"
        return (
            f"classifier: accuracy {self.metrics['classifier']['accuracy']:.3f};"
            f" nearest mean image: {self.metrics['nearest_mean']['accuracy']:.3f}"
        )


class Classifying(Fitting):
    """Fits the classifier by cross-entropy.

    Args:
        classifier: fitted in place.
        data: the judge split.
        train, stop: indices of the images that are learnt from, and of those that decide when to stop.
        parameters: the `judges` section.
        seed: of the order of the images.
        device: where it runs.
    """

    def __init__(
        self,
        classifier: Classifier,
        data: Tensors,
        train: Indices,
        stop: Indices,
        parameters: Parameters,
        seed: int,
        device: torch.device,
    ) -> None:
        super().__init__("classifier", classifier, parameters.learning_rate)
        self.classifier, self.data, self.train, self.stop = classifier, data, train, stop
        self.size, self.seed, self.device = parameters.batch, seed, device
        self.per_epoch = max(1, len(train) // self.size)

    def loss(self, k: int) -> Tensor:
        """One batch."""
        epoch, index = divmod(k, self.per_epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(self.train)
        batch = order[index * self.size : (index + 1) * self.size]
        labels = torch.from_numpy(self.data.labels[batch]).to(self.device)
        return cross_entropy(self.classifier(self.data.batch(batch).x.to(self.device)), labels)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """How many of the images that decide when to stop it gets right."""
        return {"accuracy": self.accuracy(self.stop)}

    def accuracy(self, part: Indices) -> float:
        """Share of the images ``part`` whose class it gets right."""
        _, found = networks.seen(self.classifier, self.data.stored(part))
        return float((found == self.data.labels[part]).mean())


def fit(
    data: Tensors,
    example: Example,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
    checkpoint: Checkpoint,
) -> Fitted:
    """Fit the classifier on all images but those for stopping and reporting.

    A tenth, drawn at random since kinds may stand in a row, is for the accuracy reported, which stands beside that of
    the class with the nearest mean image, and another for stopping. All of it is computed in float32, whatever
    ``compute`` says.

    Raises:
        TooFewImages: there are fewer than 100.
        NonFiniteTraining, Interrupted: see `promptgan.training.loop.run.run`.
    """
    if len(data) < FEWEST:
        raise TooFewImages(
            f"data/tokens/judge.images.npy holds {len(data)} images; the classifier needs {FEWEST}",
            "give the pipeline more data, or a larger judge share in the section validate",
        )
    tenth = len(data) // 10
    order = np.random.default_rng(seed).permutation(len(data))
    train, stop, report = (np.sort(part) for part in np.split(order, [len(data) - 2 * tenth, len(data) - tenth]))
    classes = int(data.labels.max()) + 1
    shape = (example.channels, example.height, example.width)
    torch.manual_seed(seed)
    classifier = Classifier(shape, classes, parameters.width, parameters.features, parameters.dropout).to(device)
    method = Classifying(classifier, data, train, stop, parameters, seed, device)
    outcome = fitting.fit(method, parameters.epochs, parameters.patience, checkpoint)
    index = {
        "shape": shape,
        "width": parameters.width,
        "features": parameters.features,
        "training": {name: getattr(parameters, name) for name in ("dropout", "batch", "learning_rate", "epochs")},
    }
    metrics = {
        "classes": classes,
        "classifier": {"accuracy": round(method.accuracy(report), 4)},
        "nearest_mean": {"accuracy": round(_nearest_mean(data, train, report, classes), 4)},
        "best_epoch": outcome.best_step // method.per_epoch,
        "images": {"train": len(train), "stop": len(stop), "report": len(report)},
    }
    return Fitted(classifier.eval(), index, metrics)


def _nearest_mean(data: Tensors, train: Indices, report: Indices, classes: int) -> float:
    labels = data.labels[train]
    there = [k for k in range(classes) if (labels == k).any()]
    means = np.stack([data.images[train[labels == k]].mean(0).ravel() for k in there])
    right = 0
    for part in np.array_split(report, -(-len(report) // CHUNK)):
        asked = data.images[part].reshape(len(part), -1).astype(np.float64)
        distances = np.square(means).sum(1) - 2 * asked @ means.T
        right += int((np.array(there)[distances.argmin(1)] == data.labels[part]).sum())
    return right / len(report)
