"""An audit of a finished run finds nothing, and every number, text or sentence that somebody has changed."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import torch

from promptgan.tasks.classification import audit
from promptgan.tasks.classification.records.records import COLUMNS
from promptgan.terms.audit import Found
from tests.tasks.audited import Run

CHECKS = (audit.arrays, audit.models, audit.samples, audit.measures, audit.evaluation)
SAMPLES, EVALUATION = "samples/generated/samples.parquet", "metrics/evaluation.json"
Change = Callable[[], None]


@pytest.fixture
def run(walked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A copy of the run, to be changed."""
    shutil.copytree(walked, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "run")
    yield Run()


def broken(run: Run) -> Iterator[Found]:
    return (found for check in CHECKS for found in check(run))


def sampled(column: str, value: Any, place: int = 0, **where: str) -> Change:
    """Another value in one of the rows of samples.parquet that are as ``where`` says."""

    def change() -> None:
        table = pd.read_parquet(SAMPLES)
        rows = table.index[(table[list(where)] == list(where.values())).all(axis=1)]
        table.at[rows[place], column] = value
        table.to_parquet(SAMPLES)

    return change


def without(**where: str) -> Change:
    """Without one of the rows."""

    def change() -> None:
        table = pd.read_parquet(SAMPLES)
        rows = table.index[(table[list(where)] == list(where.values())).all(axis=1)]
        table.drop(rows[0]).to_parquet(SAMPLES)

    return change


def written(path: str, *keys: str | int, value: Any) -> Change:
    """Another value in a JSON file."""

    def change() -> None:
        content = json.loads(Path(path).read_text())
        place = content
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
        Path(path).write_text(json.dumps(content))

    return change


def another_curve() -> None:
    path = Path("plots/curves.csv")
    lines = path.read_text().splitlines()
    cells = lines[5].split(",")
    cells[2] = "0.9999"
    path.write_text("\n".join([*lines[:5], ",".join(cells), *lines[6:]]) + "\n")


def fewer_curves() -> None:
    path = Path("plots/curves.csv")
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")


def another_text(split: str) -> Change:
    """Another text in one of the records."""

    def change() -> None:
        path = Path(f"data/validated/{split}.parquet")
        table = pd.read_parquet(path)
        table.loc[3, "text"] = "the plan is cold"
        table.to_parquet(path)

    return change


def another_order() -> None:
    path = Path("data/tokens/val.arrow")
    table = pa.ipc.open_file(path).read_all().take([1, 0])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def another_shown() -> None:
    Path("samples/generated/samples.txt").write_text("no text was misled\n")


def test_an_honest_run_holds(run: Run) -> None:
    assert list(broken(run)) == []


@pytest.mark.parametrize(
    ("change", "link"),
    [
        (another_text("train"), "data/tokens/train.arrow text of"),
        (another_text("corpus"), "data/tokens/corpus.arrow text of"),
        (another_order, "data/tokens/val.arrow id"),
        (written("data/tokens/meta.json", "labels", value=["negative", "none"]), "data/tokens/meta.json labels"),
        (written("models/judges/index.json", "texts", value=5), "models/judges/index.json texts"),
        (sampled("text", "a film", kind="prediction"), f"{SAMPLES} prediction"),
        (sampled("label", "none", kind="prediction"), f"{SAMPLES} prediction"),
        (sampled("predicted", "none", kind="prediction"), f"{SAMPLES} prediction"),
        (without(kind="prediction"), f"{SAMPLES} prediction  of twin"),
        (without(kind="attack", by="deletion"), f"{SAMPLES} attack deletion of twin"),
        (sampled("queries", 41, kind="attack"), f"{SAMPLES} attack"),
        (sampled("changed", 3, kind="attack"), f"{SAMPLES} attack"),
        (sampled("verdict", "held", kind="attack", verdict="misled"), f"{SAMPLES} attack"),
        (sampled("verdict", "wrong before", kind="attack", verdict="held"), f"{SAMPLES} attack"),
        (sampled("text", "a film", kind="transfer"), f"{SAMPLES} transfer"),
        (sampled("label", "none", kind="drawn"), f"{SAMPLES} drawn"),
        (another_shown, "samples/generated/samples.txt"),
        (another_curve, "plots/curves.csv autoencoder with 20 labels accuracy"),
        (fewer_curves, "plots/curves.csv -> metrics/evaluation.json few_labels"),
        (written(EVALUATION, "systems", "twin", "ece", value=0.9), f"{EVALUATION} systems.twin.ece"),
        (written(EVALUATION, "gaps", "control", "macro_f1", value=0.5), f"{EVALUATION} gaps.control.macro_f1"),
        (written(EVALUATION, "confusion", "twin", 0, 1, value=0), f"{EVALUATION} confusion.twin.0.1"),
        (written(EVALUATION, "transfers", 0, "accuracy", value=0.123), f"{EVALUATION} transfers.0.accuracy"),
        (written(EVALUATION, "sources", "twin", "movies", "texts", value=1), f"{EVALUATION} sources.twin.movies"),
        (written(EVALUATION, "standard_errors", 0, "nll", value=0.9), f"{EVALUATION} standard_errors.0.nll"),
        (written(EVALUATION, "verdict", 0, value="It was."), f"{EVALUATION} verdict.0"),
        (written(EVALUATION, "few_labels", 0, "macro_f1", value=0.9), "plots/curves.csv twin with 20 labels"),
        (written("models/pretrained/index.json", "converged", value=False), f"{EVALUATION} verdict"),
    ],
)
def test_what_was_changed_is_named(change: Change, link: str, run: Run) -> None:
    change()
    assert next(broken(run)).link.startswith(link)


def test_validation_makes_the_records_of_raw_ones(walked: Path) -> None:
    raw = pd.DataFrame([("a", "a", "It\u2019s  warm", "positive", "movies")], columns=COLUMNS)
    assert audit.kept(raw, {})["text"].tolist() == ["It's warm"]


@pytest.mark.parametrize("folder", ["pretrained", "control", "adversarial"])
def test_a_model_tells_the_same_again(folder: str, run: Run) -> None:
    table = pd.read_parquet(SAMPLES)
    name = {"pretrained": "twin"}.get(folder, folder)
    drawn = table[table["model"] == name]
    assert audit.drawn_again(Path("models") / folder, drawn, torch.device("cpu")) == (113, 113)
