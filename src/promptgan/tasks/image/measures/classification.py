"""The classification accuracy score: what a classifier that learns from generated images knows of real ones."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from promptgan.forms.tensors.tensors import Tensors, scaled
from promptgan.tasks.image.judges.classifier import Classifier, classes_of

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Schooling:
    """How classifiers are trained that are compared: as the judge was, but for the images, and to the last epoch."""

    classes: int
    width: int
    features: int
    dropout: float
    batch: int
    learning_rate: float
    epochs: int

    def accuracy(self, images: Tensor, labels: Integers, test: Tensors, seed: int, device: torch.device) -> float:
        """The share of test images that a classifier gets right which has learnt from ``images``.

        Ravuri and Vinyals, 2019, arXiv:1905.10887: of images that a conditional model made, it says how far they can
        stand for real ones of their labels.

        Args:
            images: uint8 (N, C, H, W).
            labels: (N,); images whose label is -1 are left out.
            test: real images, of the same shape.
            seed: of the first weights, the order of the images and the dropout.
            device: where it runs.
        """
        keep = np.flatnonzero(labels >= 0)
        images, targets = images[torch.from_numpy(keep)], torch.from_numpy(labels[keep])
        channels, height, width = images.shape[1:]
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            classifier = Classifier(
                (channels, height, width), self.classes, self.width, self.features, self.dropout
            ).to(device)
            optimizer = torch.optim.AdamW(classifier.parameters(), self.learning_rate)
            for _ in range(self.epochs):
                for batch in torch.split(torch.randperm(len(images)), self.batch):
                    optimizer.zero_grad()
                    logits = classifier(scaled(images[batch].to(device)))
                    cross_entropy(logits, targets[batch].to(device)).backward()  # type: ignore[no-untyped-call]
                    optimizer.step()
        return float((classes_of(classifier.eval(), test) == test.labels).mean())
