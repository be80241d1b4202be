"""Measuring generated images: likeness, variety, classes, memorisation, and autoencoders' likelihood."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.forms.tensors import form
from promptgan.forms.tensors.drawing import noise
from promptgan.forms.tensors.elbo import negative_elbo
from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.forms.tensors.tensors import in_order
from promptgan.networks import folder
from promptgan.tasks.image.judges import classifier as judge
from promptgan.tasks.image.measures.manifold import nearest, precision_and_recall, squared_distances
from promptgan.tasks.image.measures.metrics import MEASURES
from promptgan.tasks.image.measures.parameters import Parameters
from promptgan.tasks.image.samples import samples as drawn
from promptgan.terms import comparison
from promptgan.terms.comparison import difference, jackknife
from promptgan.terms.frechet import frechet_distance
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import ADVERSARIAL, MODELS, REAL, RIVALS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Numbers = dict[str, float]
COPY_QUANTILE = 0.01
"""Of the distances of test images to the training images: what is nearer counts as a copy."""


class NoSamples(PromptganError):
    """There are no samples of a generator."""


@dataclass(frozen=True)
class Seen:
    """A set of images as the judge sees them."""

    features: Floats
    classes: Integers
    nearest: Floats
    """Squared distance in pixels to the nearest training image."""

    def __getitem__(self, keep: Integers) -> "Seen":
        return Seen(self.features[keep], self.classes[keep], self.nearest[keep])


class Yardstick:
    """What images are measured against: those of every split, in the judge's features.

    Args:
        tokens: the folder of the splits.
        classifier: gives features and classes.
        parameters: the `evaluate` section.
        count: test images that precision and recall are computed with.
    """

    def __init__(self, tokens: Path, classifier: judge.Classifier, parameters: Parameters, count: int) -> None:
        self.classifier, self.p = classifier, parameters
        self.train = form.split(tokens, "train")
        self.pixels = self.train.images[:].reshape(len(self.train), -1).astype(np.float32) / 255
        test = form.split(tokens, "test")
        self.test = self.see(test.stored())
        self.count = min(count, len(test))
        part = self.test.features[: self.count]
        self.among_test = squared_distances(part, part)
        self.kinds = int(max(self.train.labels.max(), self.test.classes.max())) + 1
        self.copy = float(np.quantile(self.test.nearest, COPY_QUANTILE))

    def see(self, images: Tensor) -> Seen:
        """Images, uint8 (N, C, H, W), as the judge sees them."""
        pixels = images.numpy().reshape(len(images), -1).astype(np.float32) / 255
        return Seen(*judge.seen(self.classifier, images), nearest(pixels, self.pixels))

    def numbers(self, images: Seen) -> Numbers:
        """All metrics of a set of images but the likelihood."""
        test = self.test.features[: self.count]
        precision, recall = precision_and_recall(
            self.among_test,
            squared_distances(images.features, images.features),
            squared_distances(images.features, test),
            self.p.neighbours,
        )
        shares = (np.bincount(x, minlength=self.kinds) / len(x) for x in (images.classes, self.test.classes))
        return {
            "frechet_distance": frechet_distance(images.features, self.test.features),
            "precision": precision,
            "recall": recall,
            "class_distance": float(np.abs(next(shares) - next(shares)).sum() / 2),
            "copied": float((images.nearest < self.copy).mean()),
        }


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every system's images, and real ones as if they had been generated.

    The line of real data is as many validation images as a system has: measured against the same test images, it is
    what a perfect generator would score.

    Args:
        tokens: folder of the splits.
        models: holds the model folders and the judge.
        samples: folder of samples.parquet.
        parameters: the `evaluate` section.
        seed: of the choice of validation images, of latent vectors, and of the groups of the jackknife.
        device: where models run.

    Raises:
        NoSamples: a generator has no samples.
        NotAModelFolder, NoClassifier: a model cannot be loaded.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    made = drawn.read(samples / "samples.parquet")
    if missing := [name for name in used if name not in made]:
        raise NoSamples(f"{samples} holds no samples of: {', '.join(missing)}", "run `dvc repro generate`")
    count = min(len(images) for images in made.values())
    val = form.split(tokens, "val")
    chosen = np.sort(np.random.default_rng(seed).permutation(len(val))[:count])
    sets = {REAL.name: val.stored(chosen), **{name: made[name][: len(chosen)] for name in used}}
    yardstick = Yardstick(tokens, judge.load(models / "judges", device), parameters, len(chosen))
    systems: dict[str, Any] = {}
    spreads: dict[str, Numbers] = {}
    with Progress("evaluate", len(sets)) as progress:
        for name, images in sets.items():
            seen = yardstick.see(images)
            systems[name] = yardstick.numbers(seen)
            spreads[name] = _standard_errors(seen, yardstick, parameters, seed)
            if name != REAL.name and "encoder" in indices[name]["networks"]:
                systems[name]["elbo"] = _bound(models / MODELS[name], tokens, seed, device)
            progress.advance()
    rows = [{"model": name, **numbers} for name, numbers in systems.items()]
    for name, index in indices.items():
        if name not in used:
            systems[name] = f"not applicable: {index['reason']}"
    withheld = comparison.withheld(indices, len(chosen), parameters.jackknife_groups)
    gaps, verdict = ({}, [withheld]) if withheld else _verdict(systems, spreads)
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": [{"system": name, **spread} for name, spread in spreads.items()],
        "verdict": verdict,
        "signature": _signature(yardstick, parameters, len(chosen), seed),
    }
    return Evaluation(rounded(metrics), rounded(rows))


def _standard_errors(seen: Seen, yardstick: Yardstick, parameters: Parameters, seed: int) -> Numbers:
    names = list(yardstick.numbers(seen))

    def statistic(keep: Integers) -> list[float]:
        return list(yardstick.numbers(seen[keep]).values())

    return dict(zip(names, jackknife(len(seen.classes), parameters.jackknife_groups, seed, statistic), strict=True))


@torch.no_grad()
def _bound(model: Path, tokens: Path, seed: int, device: torch.device) -> float:
    """The negative evidence lower bound per test image in nats, one latent vector for each."""
    networks = folder.load(model, device).networks
    encoder, generator = cast("TensorEncoder", networks["encoder"]), cast("TensorGenerator", networks["generator"])
    test = form.split(tokens, "test")
    vectors, total, count = noise(seed, len(test), generator.latent).to(device), 0.0, 0
    for batch in in_order(test, 256):
        chosen = vectors[count : count + len(batch.x)]
        total += negative_elbo(encoder, generator, batch.to(device), chosen).sum().item()
        count += len(batch.x)
    return total / count


def _verdict(systems: dict[str, Any], spreads: dict[str, Numbers]) -> tuple[dict[str, Numbers], list[str]]:
    """How far the adversarial model's distance is from each rival's, as numbers and as sentences."""
    metric, gaps, sentences = MEASURES[MEASURES.chosen_by], dict[str, Numbers](), []
    for rival in (rival for rival in RIVALS if rival.name in spreads):
        gap = systems[ADVERSARIAL.name][metric.name] - systems[rival.name][metric.name]
        error = float(np.hypot(spreads[ADVERSARIAL.name][metric.name], spreads[rival.name][metric.name]))
        gaps[rival.name] = {metric.name: gap}
        sentences.append(difference(metric, rival.name, gap, error, "images", clear=abs(gap) > 2 * error))
    return gaps, comparison.verdict(sentences)


def _signature(yardstick: Yardstick, parameters: Parameters, count: int, seed: int) -> list[str]:
    """What one needs to know to compute the same numbers."""
    test, train = len(yardstick.test.classes), len(yardstick.train)
    features = yardstick.test.features.shape[1]
    return [
        f"images: {count} a system, seed {seed}; real: as many validation images, measured as if generated",
        f"features: the {features} units before the classes of the classifier in models/judges, which was fitted on the"
        " judge split; not Inception-v3, so no distance here is an FID",
        f"frechet_distance: against all {test} test images",
        f"precision, recall: k = {parameters.neighbours} nearest neighbours, {count} images against {yardstick.count}"
        " test images",
        f"class_distance: total variation of the judge's classes, against {test} test images",
        f"copied: Euclidean distance in pixels to the nearest of {train} training images, below the first percentile of"
        " that of test images",
        "elbo: one latent vector an image, pixels as Bernoulli probabilities",
        f"standard errors: over images, jackknife of {parameters.jackknife_groups} groups, seed {seed}; not over"
        " training seeds",
    ]
