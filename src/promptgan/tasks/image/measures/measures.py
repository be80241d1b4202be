"""Measuring generated images: likeness, variety, classes, labels, memorisation, and autoencoders' likelihood."""

import json
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
import torch
from torch import Tensor

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.core.record import sha256
from promptgan.forms.tensors import form
from promptgan.forms.tensors.elbo import binarised_once, bounds
from promptgan.forms.tensors.roles import TensorEncoder, TensorGenerator
from promptgan.forms.tensors.tensors import in_order
from promptgan.networks import folder
from promptgan.tasks.image.judges import classifier as judge
from promptgan.tasks.image.measures import efficientnet, inception
from promptgan.tasks.image.measures.classification import Schooling
from promptgan.tasks.image.measures.metrics import FRECHET, MEASURES, WHOLE
from promptgan.tasks.image.measures.pairs import PairDistances, pair_distances
from promptgan.tasks.image.measures.parameters import Parameters
from promptgan.tasks.image.measures.yardstick import Yardstick
from promptgan.tasks.image.samples import samples as drawn
from promptgan.terms import comparison
from promptgan.terms.comparison import difference
from promptgan.terms.metrics import Evaluation, rounded
from promptgan.terms.systems import ADVERSARIAL, MODELS, REAL, RIVALS

Integers = npt.NDArray[np.int64]
Numbers = dict[str, float]


class NoSamples(PromptganError):
    """There are no samples of a generator."""


class Sample(NamedTuple):
    """A set of images."""

    images: Tensor
    """uint8 (N, C, H, W)."""
    labels: Integers | None
    """(N,), as numbers of the classes of data/tokens, -1 where it has none such; None where no label was asked for."""

    def first(self, count: int) -> "Sample":
        """As many of them."""
        return Sample(self.images[:count], None if self.labels is None else self.labels[:count])


def evaluate(
    tokens: Path, models: Path, samples: Path, parameters: Parameters, seed: int, device: torch.device
) -> Evaluation:
    """Measure every system's images, and real ones as if they had been generated.

    The line of real data is as many validation images as a system has: measured against the same test images, it is
    what a perfect generator would score. Where samples tell how far latent vectors were truncated, curves have a row
    for each value.

    Args:
        tokens: folder of the splits.
        models: holds the model folders and the judge.
        samples: folder of samples.parquet.
        parameters: the `evaluate` section.
        seed: of the choice of validation images, of latent vectors, of classifiers that learn from samples, and of the
            groups of the jackknife.
        device: where models run.

    Raises:
        NoSamples: a generator has no samples.
        TooFewImages, NoExtractor, UnusableWeights: see `Yardstick`.
        NotAModelFolder, NoClassifier: a model cannot be loaded.
    """
    indices = {name: folder.read_index(models / path) for name, path in MODELS.items()}
    used = [name for name, index in indices.items() if index["kind"] != "none"]
    classes = json.loads((tokens / form.META).read_text(encoding="utf-8"))["classes"]
    by_model = made(samples / "samples.parquet", classes)
    if missing := [name for name in used if WHOLE not in by_model.get(name, {})]:
        raise NoSamples(f"{samples} holds no samples of: {', '.join(missing)}", "run `dvc repro generate`")
    count = min(
        len(form.split(tokens, "val")), *(len(sample.images) for name in used for sample in by_model[name].values())
    )
    yardstick = Yardstick(tokens, judge.load(models / "judges", device), parameters, count, seed, device)
    pairs = pair_distances(samples / "samples.parquet", tokens)
    asked = any(by_model[name][WHOLE].labels is not None for name in used)
    # What learns from translations of the test images knows these, each under the label of the other kind.
    schooled = asked and not any("generator_back" in indices[name]["networks"] for name in used)
    sets = {
        REAL.name: {WHOLE: _real(tokens, "val", count, seed, labelled=asked)},
        **{name: by_model[name] for name in used},
    }
    truncated = any(len(each) > 1 for each in sets.values())
    rows: list[dict[str, Any]] = []
    systems: dict[str, Any] = {}
    spreads: dict[str, Numbers] = {}
    with Progress("evaluate", sum(map(len, sets.values()))) as progress:
        for name, each in sets.items():
            for truncation, sample in each.items():
                images, labels = sample.first(count)
                found = yardstick.numbers(yardstick.see(images), labels)
                if truncation == WHOLE:
                    found |= yardstick.fid(images)
                row: dict[str, Any] = {"model": name, **({"truncation": truncation} if truncated else {})}
                rows.append(row | {key: estimate.value for key, estimate in found.items()})
                if truncation == WHOLE:
                    spreads[name] = {key: x.error for key, x in found.items() if key in MEASURES.names}
                progress.advance()
            headline = next(row for row in rows if row["model"] == name)
            learnt = _real(tokens, "train", count, seed, labelled=asked) if name == REAL.name else each[WHOLE]
            images, labels = learnt.first(count)
            if labels is not None and schooled:
                accuracy = _schooling(models).accuracy(images, labels, yardstick.test, seed, device)
                headline["cas"] = accuracy
            if name != REAL.name and "encoder" in indices[name]["networks"]:
                headline |= _bounds(models / MODELS[name], tokens, parameters.importance_samples, seed, device)
            if pairs and name in pairs.models:
                headline["pair_distance"] = pairs.models[name]
            systems[name] = {key: headline[key] for key in MEASURES.names if key in headline}
    for name, index in indices.items():
        if name not in used:
            systems[name] = f"not applicable: {index['reason']}"
    withheld = comparison.withheld(indices, count, parameters.jackknife_groups)
    gaps, verdict = ({}, [withheld]) if withheld else _verdict(systems, spreads)
    metrics = {
        "systems": {name: systems[name] for name in (REAL.name, *MODELS)},
        "gaps": gaps,
        "standard_errors": [{"system": name, **spread} for name, spread in spreads.items()],
        "verdict": verdict,
        "signature": _signature(
            models,
            yardstick,
            parameters,
            count,
            seed,
            labelled=asked,
            schooled=schooled,
            truncated=truncated,
            pairs=pairs,
        ),
    }
    return Evaluation(rounded(metrics), rounded(rows))


def made(path: Path, classes: list[str]) -> dict[str, dict[float, Sample]]:
    """What every model made, by truncation, that of the headline first, and the rest from the weakest down.

    Args:
        path: a samples.parquet.
        classes: the names of the labels, in the order of their numbers.
    """
    optional = {"label", "truncation"} & set(pq.read_schema(path).names)
    table = pd.read_parquet(path, columns=["model", *sorted(optional)])
    found: dict[str, dict[float, Sample]] = {}
    for name, images in drawn.read(path).items():
        own = table[table["model"] == name]
        truncation = own["truncation"].fillna(WHOLE) if "truncation" in own else pd.Series(WHOLE, index=own.index)
        labels = own["label"] if "label" in own and own["label"].notna().all() else None
        number = {label: k for k, label in enumerate(classes)}
        for value in sorted(truncation.unique(), key=lambda value: (value != WHOLE, -value)):
            rows = np.flatnonzero(truncation == value)
            asked = None if labels is None else np.array([number.get(label, -1) for label in labels.iloc[rows]])
            found.setdefault(name, {})[float(value)] = Sample(images[torch.from_numpy(rows)], asked)
    return found


def _real(tokens: Path, split: str, count: int, seed: int, *, labelled: bool) -> Sample:
    """Images of a split, chosen by the seed."""
    data = form.split(tokens, split)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(data))[:count])
    return Sample(data.stored(chosen), data.labels[chosen] if labelled else None)


def _schooling(models: Path) -> Schooling:
    """How the judge learnt."""
    index = json.loads((models / "judges" / judge.INDEX).read_text(encoding="utf-8"))
    return Schooling(index["classes"], index["width"], index["features"], **index["training"])


def _bounds(model: Path, tokens: Path, samples: int, seed: int, device: torch.device) -> Numbers:
    """Both bounds of the negative log-likelihood per test image in nats, of pixels binarised once and for all."""
    networks = folder.load(model, device).networks
    encoder, generator = cast("TensorEncoder", networks["encoder"]), cast("TensorGenerator", networks["generator"])
    test = form.split(tokens, "test")
    totals, drawn = {"elbo": 0.0, "iwae": 0.0}, torch.Generator().manual_seed(seed)
    for batch in binarised_once(in_order(test, 256)):
        vectors = torch.randn(samples, len(batch.x), generator.latent, generator=drawn).to(device)
        found = bounds(encoder, generator, batch.to(device), vectors)
        totals["elbo"] += found.negative_elbo.sum().item()
        totals["iwae"] += found.importance_weighted.sum().item()
    return {name: total / len(test) for name, total in totals.items()}


def _verdict(systems: dict[str, Any], spreads: dict[str, Numbers]) -> tuple[dict[str, Numbers], list[str]]:
    """How far the adversarial model's distances are from each rival's, as numbers and as sentences.

    They are taken in the features of each extractor: where these contradict each other, no one is the better.
    """
    gaps, sentences = dict[str, Numbers](), list[str]()
    for rival in (rival for rival in RIVALS if rival.name in spreads):
        ours, theirs = spreads[ADVERSARIAL.name], spreads[rival.name]
        gaps[rival.name], signs = {}, set[float]()
        for metric in (MEASURES[name] for name in FRECHET if name in ours and name in theirs):
            gap = systems[ADVERSARIAL.name][metric.name] - systems[rival.name][metric.name]
            error = float(np.hypot(ours[metric.name], theirs[metric.name]))
            clear = abs(gap) > 2 * error
            gaps[rival.name][metric.name] = gap
            signs |= {np.sign(gap)} if clear else set()
            sentences.append(difference(metric, rival.name, gap, error, "images", clear=clear))
        if len(signs) > 1:
            sentences.append(f"{rival.name}: the extractors contradict each other, so neither model is called better")
    return gaps, comparison.verdict(sentences)


def _signature(
    models: Path,
    yardstick: Yardstick,
    parameters: Parameters,
    count: int,
    seed: int,
    *,
    labelled: bool,
    schooled: bool,
    truncated: bool,
    pairs: PairDistances | None,
) -> list[str]:
    """What one needs to know to compute the same numbers."""
    test, train, compared = len(yardstick.test), len(yardstick.train), yardstick.compared
    second, weights = parameters.extractor != "none", sha256(models / "judges" / judge.WEIGHTS)
    return [
        f"images: {count} a system, seed {seed}; real: as many validation images, measured as if generated",
        f"features: the {yardstick.features} units before the classes of the classifier in models/judges, fitted on the"
        f" judge split, weights sha256 {weights[:16]}; not Inception-v3, so no distance in them is an FID",
        *([efficientnet.SIGNATURE] if second else []),
        *([inception.signature(parameters.inception, compared)] if parameters.inception else []),
        f"frechet_distance: against all {test} test images"
        + (f"; frechet_efficientnet: against {compared} of them" if second else ""),
        f"kernel: squared MMD, unbiased, kernel (x y / F + 1)^3, over all pairs, against {compared} test images",
        f"precision, recall, density, coverage: k = {parameters.neighbours} nearest neighbours, {count} images against"
        f" {compared} test images",
        f"class_distance: total variation of the judge's classes, against {test} test images",
        *(
            ["label_agreement: the judge's likeliest class is the label asked for; real: is the label of the record"]
            if labelled
            else []
        ),
        *(
            [
                f"cas: on {test} test images, of a classifier trained as the judge was, to its last"
                f" epoch, on {count} images, seed {seed}; real: on as many training images",
            ]
            if schooled
            else []
        ),
        f"copied: Euclidean distance in pixels to the nearest of {train} training images, below the first percentile of"
        f" that of {test} test images; duplicates: to the nearest other of the {count}, below that of {compared} test"
        " images to one another",
        f"elbo, iwae: of all {test} test images, each pixel drawn once with its brightness as probability;"
        f" {parameters.importance_samples} latent vectors an image, for iwae as importance samples",
        *(
            [f"truncation: the share of the latent distribution that is drawn from; headline at {WHOLE:g}"]
            if truncated
            else []
        ),
        *(
            [
                f"pair_distance: mean absolute difference of pixels to the true counterparts of {pairs.pairs} sources;"
                f" the sources themselves: {pairs.unchanged:.4f}; the mean training image of the kind:"
                f" {pairs.mean:.4f}",
                "translations: against test images of both kinds, their sources among them, so whoever changes nothing"
                " is best by all but label_agreement and pair_distance",
            ]
            if pairs
            else []
        ),
        f"standard errors: over images, seed {seed}, jackknife of {parameters.jackknife_groups} groups, of Frechet"
        " distances the infinitesimal jackknife; not over training seeds",
    ]
