"""How far translations are from the true counterparts of their sources, beside what needs no model."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from promptgan.forms.tensors import form
from promptgan.forms.tensors.tensors import Tensors
from promptgan.tasks.image.samples.pictures import out_of

Floats = npt.NDArray[np.float64]


class PairDistances(NamedTuple):
    """Mean absolute differences of pixels, of 1."""

    models: dict[str, float]
    """Of the translations of each model."""
    unchanged: float
    """Of the sources as they are."""
    mean: float
    """Of the mean training image of the kind that is wanted."""
    pairs: int
    """Sources that have a counterpart."""


def pair_distances(samples: Path, tokens: Path) -> PairDistances | None:
    """What a samples.parquet of translations says; None where it holds none with a counterpart.

    Args:
        samples: the file.
        tokens: the folder of arrays, whose training images the mean is of.
    """
    if "partner" not in pq.read_schema(samples).names:
        return None
    table = pd.read_parquet(samples, columns=["model", "image", "label", "source", "partner"]).dropna(subset="partner")
    if table.empty:
        return None
    means = _means(form.split(tokens, "train"), form.classes_of(tokens))
    models, first = {}, table[table["model"] == table["model"].iloc[0]]
    for name, own in table.groupby("model", sort=False):
        models[str(name)] = _distance(own["image"], own["partner"])
    kinds = zip(first["partner"], first["label"], strict=True)
    to_mean = [np.abs(_pixels(png) - means[kind]).mean() for png, kind in kinds]
    return PairDistances(models, _distance(first["source"], first["partner"]), float(np.mean(to_mean)), len(first))


def _means(train: Tensors, kinds: list[str]) -> dict[str, Floats]:
    return {kind: train.images[train.labels == k].mean(0) / 255 for k, kind in enumerate(kinds)}


def _distance(ours: "pd.Series[bytes]", theirs: "pd.Series[bytes]") -> float:
    found = [np.abs(_pixels(a) - _pixels(b)).mean() for a, b in zip(ours, theirs, strict=True)]
    return float(np.mean(found))


def _pixels(png: bytes) -> Floats:
    return out_of(png).numpy().astype(np.float64) / 255
