"""Pieces at random through every stage as piano rolls."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.data.sets import chorales
from promptgan.media.music.piece import from_json
from promptgan.media.music.prompts import UnusablePrompt, parse
from promptgan.tasks.music import audit
from promptgan.tasks.music.samples.samples import answer, load, make
from promptgan.tasks.music.samples.tensors import UnusableTemperature
from promptgan.terms.metrics import declared
from tests.tasks import walking
from tests.tasks.audited import Run
from tests.tasks.music.conftest import TINY, scores

ROLLS: dict[str, Any] = {
    **TINY,
    "tokenize": {"height": 64},
    "validate": {**TINY["validate"], "lowest": 30, "highest": 90},
    "generator": {"width": 16, "latent": 8},
    "discriminator": {"width": 12},
    "encoder": {"width": 12, "latent": 8},
    "pretrain": {"epochs": 3, "validate_every": 2, "warmup": 2, "batch": 16, "anneal": 2},
    "train": {"steps": 4, "batch": 8, "validate_every": 2, "validation_count": 20},
}


@pytest.fixture(scope="session")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which every stage of music-gan has run."""
    upstream = chorales.upstream(chorales.Parameters(name="chorales", bars=2, key="C"))
    folder = tmp_path_factory.mktemp("rolls")
    return walking.walked(folder, "music-gan", ROLLS, lambda: walking.put(upstream, dict(scores())))


@pytest.fixture
def samples(rolled: Path) -> pd.DataFrame:
    return pd.read_parquet(rolled / "samples/generated/samples.parquet")


def test_every_sample_is_as_long_as_a_roll_and_in_the_key_that_was_asked_for(samples: pd.DataFrame) -> None:
    for prompt, line in zip(samples["prompt"], samples["music"], strict=True):
        piece = from_json(line)
        assert f"{piece.key} {piece.metre}" == prompt
        assert piece.ticks == 2 * piece.bar_ticks


def test_every_model_answers_every_prompt_at_every_temperature(samples: pd.DataFrame) -> None:
    curves = samples[samples["purpose"] == "curve"]
    assert curves.groupby(["model", "temperature"]).size().tolist() == [12] * 6


def test_an_autoencoder_alone_has_a_bound_of_the_likelihood_and_none_per_event(rolled: Path) -> None:
    systems = json.loads((rolled / "metrics/evaluation.json").read_text())["systems"]
    assert all(set(each) <= set(declared("music").names) for each in systems.values())
    assert {name for name, each in systems.items() if "nll_quarter" in each} == {"twin", "control"}
    assert not any("nll" in each for each in systems.values())


def test_a_prompt_that_the_model_has_not_learnt_is_refused(rolled: Path) -> None:
    model = load(rolled / "models/adversarial")
    for prompt in ("D major 4/4", "C major 3/4", "harmonise C major 4/4 | v1=67"):
        with pytest.raises(UnusablePrompt, match="is none that the model has learnt: C major 4/4, C minor 4/4"):
            answer(model, [parse(prompt)], seed=1)


def test_an_answer_depends_on_nothing_else_that_is_asked_and_at_temperature_0_on_no_seed(rolled: Path) -> None:
    model = load(rolled / "models/pretrained")
    major, minor = parse("C major 4/4"), parse("C minor 4/4")
    assert answer(model, [major, minor, major], seed=3)[:1] == answer(model, [major], seed=3)
    assert answer(model, [major], seed=3, temperature=0) == answer(model, [major], seed=4, temperature=0)
    with pytest.raises(UnusableTemperature):
        answer(model, [major], seed=3, temperature=-1)


def test_pieces_of_any_length_are_written_in_every_format(rolled: Path, tmp_path: Path) -> None:
    said = make(rolled / "models/adversarial", 1, 1, ["C minor 4/4"], bars=3, out=tmp_path / "pieces")
    assert "C minor, 4/4, 3 bars" in said
    assert {path.suffix for path in (tmp_path / "pieces").iterdir()} == {".mid", ".musicxml", ".svg", ".wav"}


def test_an_audit_finds_nothing_and_then_what_was_changed(
    rolled: Path, samples: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(rolled, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "run")
    checks = (audit.arrays, audit.models, audit.samples, audit.measures, audit.evaluation)
    assert [found for check in checks for found in check(Run())] == []
    twins = samples[samples["model"] == "twin"]
    assert audit.drawn_again(Path("models/pretrained"), twins, torch.device("cpu")) == (2, 2)
    for kind in ("images", "labels"):
        path = f"data/tokens/train.{kind}.npy"
        values = np.load(path)
        values.flat[0] = 0 if values.flat[0] else 1
        np.save(path, values)
        assert sum(f"{path} of " in found.link for found in audit.arrays(Run())) == 1
