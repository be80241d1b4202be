import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from promptgan.networks.folder import save_none


def test_answers_with_every_model_and_leaves_out_the_unused_one(
    trained: Path, validated: Path, run_stage: Callable[..., None]
) -> None:
    save_none(trained / "models/control", "a test")
    run_stage("generate", validated=validated)
    samples = pd.read_parquet(trained / "samples/generated/samples.parquet")
    assert set(samples["model"]) == {"twin", "adversarial"}
    assert len(samples) == 2 * (7 * 10 + 11)
    run = json.loads((trained / "samples/generated/run.json").read_text())
    assert run["stage"] == "generate"
    assert "models/control/index.json" in run["inputs"]


def test_says_which_model_is_missing(
    folder: Path, validated: Path, run_stage: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run_stage("generate", validated=validated)
    assert caught.value.code == 1
    assert "models/pretrained holds no readable index.json" in capsys.readouterr().err
