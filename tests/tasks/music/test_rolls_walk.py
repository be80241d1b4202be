"""Pieces at random through every stage as piano rolls."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from promptgan.data.sets import chorales
from promptgan.media.music.piece import from_json
from promptgan.terms.metrics import declared
from tests.tasks import walking
from tests.tasks.music.conftest import TINY, scores

ROLLS: dict[str, Any] = {
    **TINY,
    "data": {"bars": 2},
    "tokenize": {"height": 64},
    "validate": {**TINY["validate"], "lowest": 30, "highest": 90},
    "generator": {"width": 16, "latent": 8},
    "discriminator": {"width": 12},
    "encoder": {"width": 12, "latent": 8},
    "pretrain": {"epochs": 3, "validate_every": 2, "warmup": 2, "batch": 16, "anneal": 2},
    "train": {"steps": 4, "batch": 8, "validate_every": 2, "validation_count": 20},
    "generate": {"temperatures": [0.9, 1.0], "count": 12, "heard": 2},
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


def test_every_sample_is_as_long_as_the_roll_and_in_the_key_that_was_asked_for(samples: pd.DataFrame) -> None:
    for prompt, line in zip(samples["prompt"], samples["music"], strict=True):
        piece = from_json(line)
        assert f"{piece.key} {piece.metre}" == prompt
        assert piece.ticks == 2 * piece.bar_ticks


def test_every_model_answers_every_prompt_at_every_temperature(samples: pd.DataFrame) -> None:
    curves = samples[samples["purpose"] == "curve"]
    assert curves.groupby(["model", "temperature"]).size().tolist() == [12] * 6


def test_of_an_autoencoder_there_is_a_bound_per_quarter_and_of_a_gan_none(rolled: Path) -> None:
    systems = json.loads((rolled / "metrics/evaluation.json").read_text())["systems"]
    assert all(set(each) <= set(declared("music").names) for each in systems.values())
    bounded = {name for name, each in systems.items() if "nll_quarter" in each}
    assert bounded == {"twin", "control"}
    assert not any("nll" in each for each in systems.values())
