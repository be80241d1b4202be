"""What is said of a stage: by the curve that a training publishes, once a validation, and only in a silence."""

from pathlib import Path

import pytest

from promptgan.experiments.stage_progress import StageProgress, line
from promptgan.training.loop import live
from tests.pipeline.clone import until

PARAMETERS = {"pretrain": {"epochs": 8}, "train": {"steps": 100}}


def test_a_silent_run_says_its_last_validation_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(live.FOLDER, str(tmp_path))
    said: list[str] = []
    with StageProgress(tmp_path, PARAMETERS, said.append, quiet=0.02) as progress:
        live.publish("pretrain", {"step": 900, "epoch": 8.0, "val_nll": 4.0})  # an earlier stage's
        progress.begin("train", "train")
        live.publish("train", {"step": 50, "score": 0.08531, "val_nll": 4.2})
        until(lambda: len(said) == 2, "the first validation", seconds=10)
        live.publish("train", {"step": 75, "score": 0.0861, "val_nll": 4.2})
        until(lambda: len(said) == 3, "the second one", seconds=10)
    assert said == ["train", "train  step 50/100  score 0.0853", "train  step 75/100  score 0.0861"]


def test_nothing_is_added_to_a_run_that_talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(live.FOLDER, str(tmp_path))
    live.publish("train", {"step": 50, "score": 0.0853})
    said: list[str] = []
    with StageProgress(tmp_path, PARAMETERS, said.append, quiet=60) as progress:
        progress.begin("train", "train")
    assert said == ["train"]


def test_a_line_says_how_far_of_how_far_where_that_is_known() -> None:
    row = {"step": 225.0, "epoch": 0.5022, "train_nll": 6.5, "val_nll": 5.85807}
    assert line("pretrain", row, PARAMETERS) == "pretrain  epoch 0.5/8  val_nll 5.8581"
    assert line("control", row, PARAMETERS) == "control  step 225  val_nll 5.8581"
