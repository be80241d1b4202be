"""An audit of a finished run finds nothing, and every number or sequence that somebody has changed."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from promptgan.tasks.oracle import audit
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


def another_sequence() -> None:
    path = Path("samples/generated/samples.parquet")
    table = pd.read_parquet(path)
    table.loc[table["temperature"] == 0.5, "text"] = "0 1 2 3 4"
    table.to_parquet(path)


def another_id() -> None:
    path = Path("data/validated/test.parquet")
    table = pd.read_parquet(path)
    table.loc[3, "text"] = "0 1 2 3 4"
    table.to_parquet(path)


def another_oracle() -> None:
    path = Path("data/tokens/oracle.npz")
    path.write_bytes(path.read_bytes() + b" ")


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
        (another_sequence, "plots/curves.csv twin at 0.5"),
        (another_id, "data/tokens/test.arrow text of"),
        (another_oracle, "data/tokens/oracle.npz -> data/raw/oracle.npz"),
        (replaced("metrics/evaluation.json", "nll_oracle", 0.5), "metrics/evaluation.json systems.twin nll_oracle"),
    ],
)
def test_what_was_changed_is_named(change: Callable[[], None], link: str, run: Run) -> None:
    change()
    found = broken(run)
    assert found and found[0].link.startswith(link)


def test_a_model_draws_its_samples_again(run: Run) -> None:
    table = pd.read_parquet("samples/generated/samples.parquet")
    drawn = table[table["model"] == "adversarial"]
    assert audit.drawn_again(Path("models/adversarial"), drawn, torch.device("cpu")) == (110, 110)
