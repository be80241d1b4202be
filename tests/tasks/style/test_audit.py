"""An audit of a finished run finds nothing, and every number or sentence that somebody has changed."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from promptgan.tasks.style import audit
from promptgan.terms.audit import Found
from tests.tasks.audited import Run

CHECKS = (audit.arrays, audit.models, audit.samples, audit.measures, audit.evaluation)


@pytest.fixture
def run(walked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A copy of the run, to be changed."""
    shutil.copytree(walked, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "run")
    yield Run()


def broken(run: Run) -> list[Found]:
    return [found for check in CHECKS for found in check(run)]


def another_transfer() -> None:
    path = Path("samples/generated/samples.parquet")
    table = pd.read_parquet(path)
    table.loc[table["temperature"] == 0.5, "text"] = "the film is good"
    table.to_parquet(path)


def another_style() -> None:
    path = Path("samples/generated/samples.parquet")
    table = pd.read_parquet(path)
    table.loc[0, "style"] = "neutral"
    table.to_parquet(path)


def another_sentence() -> None:
    path = Path("data/validated/train.parquet")
    table = pd.read_parquet(path)
    table.loc[3, "text"] = "the film is good"
    table.to_parquet(path)


def other_markers() -> None:
    path = Path("data/tokens/markers.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"positive": []}))


def another_judge() -> None:
    path = Path("models/judges/index.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sentences": 5}))


def another_verdict() -> None:
    path = Path("metrics/evaluation.json")
    content = json.loads(path.read_text())
    content["gaps"] = {"twin": {"style_accuracy": 0.5}}
    path.write_text(json.dumps(content))


def replaced(path: str, name: str, value: float) -> Callable[[], None]:
    def change() -> None:
        content = json.loads(Path(path).read_text())
        content["systems"]["twin"][name] = value
        Path(path).write_text(json.dumps(content))

    return change


def test_an_honest_run_holds(run: Run) -> None:
    assert broken(run) == []


@pytest.mark.parametrize(
    ("change", "link"),
    [
        (another_transfer, "plots/curves.csv twin at 0.5"),
        (another_style, "samples/generated/samples.parquet twin at 0.1"),
        (another_sentence, "data/tokens/train.arrow prompt of"),
        (other_markers, "data/tokens/markers.json positive"),
        (another_judge, "models/judges/index.json sentences"),
        (another_verdict, "metrics/evaluation.json gaps.twin.style_accuracy"),
        (replaced("metrics/evaluation.json", "content_bleu", 0.5), "metrics/evaluation.json systems.twin content_bleu"),
    ],
)
def test_what_was_changed_is_named(change: Callable[[], None], link: str, run: Run) -> None:
    change()
    found = broken(run)
    assert found and found[0].link.startswith(link)


def test_a_model_draws_its_samples_again(run: Run) -> None:
    table = pd.read_parquet("samples/generated/samples.parquet")
    drawn = table[table["model"] == "adversarial"]
    assert audit.drawn_again(Path("models/adversarial"), drawn, torch.device("cpu")) == (100, 100)
