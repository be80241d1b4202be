"""What images are measured against: those of every split, in pixels and in the features of each extractor."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from promptgan.core.errors import PromptganError
from promptgan.forms.tensors import form
from promptgan.tasks.image.judges import classifier as judge
from promptgan.tasks.image.measures import efficientnet, inception
from promptgan.tasks.image.measures.copies import nearest
from promptgan.tasks.image.measures.jackknife import parts, standard_error
from promptgan.tasks.image.measures.kernel import KernelTo
from promptgan.tasks.image.measures.manifold import ManifoldOf
from promptgan.tasks.image.measures.moments import FrechetTo, Moments
from promptgan.tasks.image.measures.parameters import Parameters
from promptgan.terms.shift import total_variation

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
CHUNK = 1024
"""Test images that are read at a time."""
COPY_QUANTILE = 0.01
"""Of the distances of test images to the training images, and to one another: what is nearer counts as a copy."""


class TooFewImages(PromptganError):
    """There are no more images than features, so that nothing varies in most directions."""


class Estimate(NamedTuple):
    """A number, and its standard error over images."""

    value: float
    error: float


Estimates = dict[str, Estimate]


class Space:
    """The features of one extractor, in which sets of images are compared with test images.

    Args:
        features: of test images in their order, chunk by chunk; all of them count for the Frechet distance.
        count: the first of them that neighbours and kernels are computed with.
        neighbours: k.
        columns: how the name of a measure becomes that of a column.
    """

    def __init__(self, features: Iterable[Floats], count: int, neighbours: int, columns: Callable[[str], str]) -> None:
        kept, moments = list[Floats](), Moments()
        for chunk in features:
            kept.append(chunk[: max(0, count - moments.count)])
            moments.add(chunk)
        first = np.concatenate(kept)
        self._frechet, self._kernel, self._manifold = FrechetTo(moments), KernelTo(first), ManifoldOf(first, neighbours)
        self._columns = columns

    def numbers(self, features: Floats, left_out: list[Integers]) -> Estimates:
        """What is measured of the features (N, F) of a set, of which parts are left out for the standard errors."""
        several = {"kernel": self._kernel(features, left_out), **self._manifold(features, left_out)}
        found = {name: Estimate(values[0], standard_error(values[1:])) for name, values in several.items()}
        return {self._columns(name): x for name, x in {"frechet": Estimate(*self._frechet(features)), **found}.items()}


@dataclass(frozen=True)
class Seen:
    """A set of images as all extractors see them."""

    features: list[Floats]
    """(N, F) of each space."""
    classes: Integers
    """(N,): the likeliest one of each image, as the judge sees it."""
    to_training: npt.NDArray[np.float32]
    """(N,): squared distance in pixels to the nearest training image."""
    to_others: npt.NDArray[np.float32]
    """The same to the nearest other image of the set."""


class Yardstick:
    """What sets of images are measured against.

    Args:
        tokens: the folder of the splits.
        classifier: the judge.
        parameters: the `evaluate` section.
        count: images of every set.
        seed: of the groups of the jackknife.
        device: where extractors run.

    Raises:
        TooFewImages: a Frechet distance would be of fewer images than features.
        NoExtractor, UnusableWeights: see `efficientnet.load` and `inception.load`.
    """

    def __init__(
        self,
        tokens: Path,
        classifier: judge.Classifier,
        parameters: Parameters,
        count: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.train, self.test = form.split(tokens, "train"), form.split(tokens, "test")
        self.compared = min(count, len(self.test))
        self.left_out = parts(count, parameters.jackknife_groups, seed)
        self._classifier = classifier
        self.features, known = classifier.classes.in_features, f"there are {len(self.test)} test images"
        _enough(count, len(self.test), self.features, f"lower judges.features; {known}")
        self._efficientnet = None
        if parameters.extractor != "none":
            _enough(count, self.compared, efficientnet.FEATURES, f"set evaluate.extractor to none; {known}")
            self._efficientnet = efficientnet.load(device)
        self._inception = None
        if parameters.inception:
            _enough(count, self.compared, inception.FEATURES, f"set evaluate.inception to null; {known}")
            self._inception = inception.load(parameters.inception, device)
        self._classes = Counter[int]()
        k = parameters.neighbours
        self._spaces = [Space(self._judged(), self.compared, k, _by_judge)]
        if self._efficientnet:
            chunks = (self._efficientnet(x) for x in self._read(self.compared))
            self._spaces.append(Space(chunks, self.compared, k, _by_efficientnet))
        if self._inception:
            moments = Moments()
            for chunk in self._read(self.compared):
                moments.add(self._inception(chunk))
            self._fid = FrechetTo(moments)
        images = self.test.images
        self._copy = np.quantile(nearest(images, self.train.images), COPY_QUANTILE)
        few = images[: self.compared]
        self._twin = np.quantile(nearest(few, few, others=True), COPY_QUANTILE)

    def see(self, images: Tensor) -> Seen:
        """Images, uint8 (N, C, H, W), as all extractors see them."""
        features, classes = judge.seen(self._classifier, images)
        spaces = [features, *([self._efficientnet(images)] if self._efficientnet else [])]
        pixels = images.numpy()
        return Seen(spaces, classes, nearest(pixels, self.train.images), nearest(pixels, pixels, others=True))

    def numbers(self, images: Seen, labels: Integers | None = None) -> Estimates:
        """All that a set of images is measured by but likelihood.

        Args:
            images: the set.
            labels: (N,), what was asked for; None where nothing was.
        """
        found: Estimates = {}
        for space, features in zip(self._spaces, images.features, strict=True):
            found |= space.numbers(features, self.left_out)
        found["class_distance"] = self._estimate(
            lambda keep: total_variation(Counter(images.classes[keep].tolist()), self._classes), len(images.classes)
        )
        shares = {"copied": images.to_training < self._copy, "duplicates": images.to_others < self._twin}
        if labels is not None:
            shares["label_agreement"] = images.classes == labels
        for name, which in shares.items():
            found[name] = self._estimate(partial(_mean, which), len(which))
        return found

    def fid(self, images: Tensor) -> Estimates:
        """The FID of a set of images, uint8 (N, C, H, W), by its name; nothing where it is not measured."""
        return {"fid": Estimate(*self._fid(self._inception(images)))} if self._inception else {}

    def _estimate(self, statistic: Callable[[Integers], float], count: int) -> Estimate:
        everything = np.arange(count)
        without = [statistic(np.setdiff1d(everything, part)) for part in self.left_out]
        return Estimate(statistic(everything), standard_error(np.array(without)))

    def _read(self, count: int) -> Iterator[Tensor]:
        for start in range(0, count, CHUNK):
            yield self.test.stored(np.arange(start, min(start + CHUNK, count)))

    def _judged(self) -> Iterator[Floats]:
        for images in self._read(len(self.test)):
            features, classes = judge.seen(self._classifier, images)
            self._classes.update(classes.tolist())
            yield features


def _mean(which: npt.NDArray[np.bool_], keep: Integers) -> float:
    return float(which[keep].mean())


def _by_judge(name: str) -> str:
    return f"{name}_distance" if name in ("frechet", "kernel") else name


def _by_efficientnet(name: str) -> str:
    return f"{name}_efficientnet"


def _enough(count: int, references: int, features: int, otherwise: str) -> None:
    """Refuse a Frechet distance whose covariances are not of full rank."""
    if min(count, references) <= features:
        raise TooFewImages(
            f"the Frechet distance in {features} features takes more images than that: there are {count} of every"
            f" system, to be compared with {references}",
            f"raise generate.count above {features}, which takes as many validation images, or {otherwise}",
        )
