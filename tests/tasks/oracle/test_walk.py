"""A tiny oracle through every stage."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promptgan.terms.metrics import declared
from tests.tasks.oracle.reference import nll


def test_every_stage_leaves_numbers_that_agree_with_the_reference(walked: Path) -> None:
    systems = json.loads((walked / "metrics/evaluation.json").read_text())["systems"]
    with np.load(walked / "data/raw/oracle.npz") as file:
        arrays = [file[name] for name in file.files]
    table = pd.read_parquet(walked / "samples/generated/samples.parquet")
    texts = {name: part["text"] for name, part in table[table["temperature"] == 1.0].groupby("model")}
    texts["real"] = pd.read_parquet(walked / "data/validated/judge.parquet")["text"]
    for name, rows in texts.items():
        expected = np.mean([nll(arrays, list(map(int, text.split()))) for text in rows])
        assert systems[name]["nll_oracle"] == pytest.approx(expected, abs=1e-3), name
        assert systems[name].keys() == set(declared("oracle").names)
    test = pd.read_parquet(walked / "data/validated/test.parquet")["text"]
    entropy = np.mean([nll(arrays, list(map(int, text.split()))) for text in test])
    assert systems["real"]["nll_gen"] == pytest.approx(entropy, abs=1e-3)
    assert systems["real"]["divergence"] == 0
    assert min(systems[name]["nll_gen"] for name in ("twin", "control", "adversarial")) > entropy


def test_every_sequence_has_the_oracles_length(walked: Path) -> None:
    table = pd.read_parquet(walked / "samples/generated/samples.parquet")
    assert set(table["text"].str.split().str.len()) == {5}
    assert table.groupby(["model", "temperature"]).size().tolist() == [110] * 6


def test_a_lower_temperature_shows_as_lower_entropy_and_higher_likelihood_of_the_samples(walked: Path) -> None:
    with (walked / "plots/curves.csv").open() as file:
        twin = {row["temperature"]: row for row in csv.DictReader(file) if row["model"] == "twin"}
    assert float(twin["0.5"]["entropy"]) < float(twin["1"]["entropy"])
    assert float(twin["0.5"]["nll_gen"]) > float(twin["1"]["nll_gen"])


def test_the_report_shows_both_numbers_and_the_sequences(walked: Path) -> None:
    page = (walked / "reports/html/index.html").read_text(encoding="utf-8")
    assert "Sequences of an oracle, learnt from oracle of seed 1" in page
    assert all(title in page for title in ("NLL_oracle", "NLL_gen", "divergence"))
    first = pd.read_parquet(walked / "samples/generated/samples.parquet")["text"].iloc[110]
    assert first in page
