"""Translations of test images: each the other kind's, beside its true counterpart, and how far from that."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.forms.tensors import form
from promptgan.networks import folder
from promptgan.tasks.image.measures.pairs import pair_distances
from promptgan.tasks.image.samples import translation
from promptgan.tasks.image.samples.parameters import Parameters
from promptgan.tasks.image.samples.pictures import out_of
from promptgan.tasks.image.samples.samples import generate
from tests.tasks.image.conftest import COMPUTE, CPU, EXAMPLE, SIZE, png

RESNET: dict[str, Any] = {"network": "resnet", "width": 2, "halvings": 1, "blocks": 1}


@pytest.fixture
def model(arrays: Path, tmp_path: Path) -> Path:
    torch.manual_seed(1)
    ways = {way: folder.build("tensors", "generator", RESNET, EXAMPLE) for way in translation.WAYS}
    index = folder.described("image", "tensors", EXAMPLE)
    folder.save(tmp_path / "model", ways, {"generator": RESNET}, index, form.needed(arrays))
    return tmp_path / "model"


@pytest.fixture
def validated(tmp_path: Path) -> Path:
    """Six pairs, whose ids begin with their label, and one image of each kind without a counterpart."""
    random = np.random.default_rng(1)
    names = [*range(6), "x", *range(6), "y"]
    rows = [
        (f"{label}-{name}", png(random.integers(0, 256, (SIZE, SIZE), dtype=np.uint8)), label)
        for name, label in zip(names, ["a"] * 7 + ["b"] * 7, strict=True)
    ]
    pd.DataFrame(rows, columns=["id", "image", "label"]).to_parquet(tmp_path / "test.parquet")
    pd.DataFrame({"id": [], "image": [], "rule": []}).to_parquet(tmp_path / "quarantine.parquet")
    return tmp_path


def test_every_image_becomes_the_other_kind_beside_its_true_counterpart(model: Path, validated: Path) -> None:
    out = validated / "out"
    out.mkdir()
    parameters = Parameters(count=14, truncations=[0.5, 1.0], shown=4)
    table, _ = generate({"adversarial": model}, validated, out, parameters, COMPUTE, 1, CPU)
    test = pd.read_parquet(validated / "test.parquet")
    assert len(table) == 14 and (out / "grid-adversarial.png").is_file()
    identifier = {image: each for each, image in zip(test["id"], test["image"], strict=True)}
    label = dict(zip(test["id"], test["label"], strict=True))
    translator = translation.load(model)
    found = set()
    for row in table.itertuples():
        source = identifier[row.source]
        assert {row.label, label[source]} == {"a", "b"}
        partner = None if row.partner is None else identifier[row.partner]
        wanted = f"{row.label}{source[1:]}"
        assert partner == (wanted if wanted in label else None)
        way = translator.ways[label[source] == "b"]
        x = out_of(row.source)[None].float() / 127.5 - 1
        with torch.no_grad():
            expected = ((way(x) + 1) * 127.5).round()
        assert (out_of(row.image)[None].float() - expected).abs().max() <= 1
        found.add(partner is None)
    assert found == {True, False}


def test_distances_to_true_counterparts_are_of_pixels(model: Path, validated: Path, arrays: Path) -> None:
    out = validated / "out"
    out.mkdir()
    table, _ = generate(
        {"adversarial": model}, validated, out, Parameters(count=14, truncations=[1.0], shown=4), COMPUTE, 1, CPU
    )
    table.assign(image=table["partner"].fillna(table["image"])).to_parquet(out / "perfect.parquet")
    table.assign(image=table["source"]).to_parquet(out / "unchanged.parquet")
    perfect, unchanged = (pair_distances(out / f"{name}.parquet", arrays) for name in ("perfect", "unchanged"))
    assert perfect and unchanged
    assert perfect.pairs == 12 and perfect.models == {"adversarial": 0.0}
    pairs = table.dropna(subset="partner")
    by_hand = np.mean(
        [
            np.abs(out_of(a).numpy().astype(float) - out_of(b).numpy().astype(float)).mean() / 255
            for a, b in zip(pairs["source"], pairs["partner"], strict=True)
        ]
    )
    assert unchanged.models["adversarial"] == perfect.unchanged == pytest.approx(by_hand)
    train, kinds = form.split(arrays, "train"), form.classes_of(arrays)
    means = {kind: train.images[train.labels == k].mean(0) for k, kind in enumerate(kinds)}
    off = [np.abs(out_of(row.partner).numpy() - means[row.label]).mean() / 255 for row in pairs.itertuples()]
    assert perfect.mean == pytest.approx(np.mean(off))
    table.drop(columns="partner").to_parquet(out / "none.parquet")
    assert pair_distances(out / "none.parquet", arrays) is None
