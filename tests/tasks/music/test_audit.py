"""An audit of a finished run finds nothing, and every number, prompt or piece that somebody has changed."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from promptgan.tasks.music import audit
from promptgan.terms.audit import Found
from tests.tasks.audited import Run

CHECKS = (audit.arrays, audit.models, audit.samples, audit.measures, audit.evaluation)
SAMPLES = Path("samples/generated/samples.parquet")


@pytest.fixture
def run(walked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A copy of the run, to be changed."""
    shutil.copytree(walked, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "run")
    yield Run()


def broken(run: Run) -> list[Found]:
    return [found for check in CHECKS for found in check(run)]


def edited(path: Path, column: str, value: object) -> Callable[[], None]:
    def change() -> None:
        table = pd.read_parquet(path)
        table.loc[0, column] = value
        table.to_parquet(path)

    return change


def another_number() -> None:
    path = Path("metrics/evaluation.json")
    content = json.loads(path.read_text())
    content["systems"]["twin"]["clean"] = 0.123
    path.write_text(json.dumps(content))


def another_key() -> None:
    path = Path("data/validated/train.parquet")
    table = pd.read_parquet(path)
    table.loc[0, "prompt"] = table.loc[0, "prompt"].replace(" major ", " minor ", 1).replace(" 4/4", " 4/4")
    table.loc[0, "music"] = table.loc[0, "music"].replace('"metre":"4/4"', '"metre":"2/4"')
    table.to_parquet(path)


def test_an_honest_run_holds(run: Run) -> None:
    assert broken(run) == []


@pytest.mark.parametrize(
    ("change", "link"),
    [
        (edited(SAMPLES, "prompt", "harmonise C major 4/4 | v1=60"), "data/validated/test.parquet"),
        (edited(SAMPLES, "text", "| v2=60"), "music -> its text"),
        (edited(SAMPLES, "mended", 99), "music -> its text"),
        (edited(SAMPLES, "seed", 7), "dvc.lock (stage generate)"),
        (another_key, "data/tokens/train.arrow"),
        (another_number, "metrics/evaluation.json systems.twin"),
    ],
)
def test_what_was_changed_afterwards_is_found(run: Run, change: Callable[[], None], link: str) -> None:
    change()
    assert any(link in found.link for found in broken(run))


def test_a_model_gives_its_pieces_again(run: Run) -> None:
    drawn = pd.read_parquet(SAMPLES)
    same, count = audit.drawn_again(Path("models/pretrained"), drawn[drawn["model"] == "twin"], torch.device("cpu"))
    assert same == count == 2


def test_kept_records_have_the_prompt_that_validation_chose(run: Run) -> None:
    from promptgan.data.sets import chorales

    raw = chorales.records(Path("data/raw"), chorales.Parameters(name="chorales", bars=2, key="own"))
    derived = audit.kept(raw, run.parameters("validate")["validate"]).set_index("id")
    for split in ("train", "test"):
        for record in pd.read_parquet(f"data/validated/{split}.parquet").itertuples():
            assert derived.loc[record.id, "prompt"] == record.prompt
