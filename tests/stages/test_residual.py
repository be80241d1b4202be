"""The stages of a recipe whose answers are resampled: what train leaves draws by itself, and says how."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from promptgan.cli import app
from tests.stages.conftest import PARAMS
from tests.training.methods.test_residual import VALUES


@pytest.fixture
def resampled(folder: Path, tokens: Path, run_stage: Callable[..., None]) -> Path:
    """The repository after pretrain and train."""
    train = VALUES | {"steps": 4, "validate_every": 2, "checkpoint_every": 2}
    (folder / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"train": train}), encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data/tokens").symlink_to(tokens)
    run_stage("pretrain")
    run_stage("train")
    return folder


def test_the_model_folder_holds_both_networks_and_says_how_it_draws(resampled: Path) -> None:
    model = resampled / "models/adversarial"
    index = json.loads((model / "index.json").read_text())
    assert index["drawing"] == {"candidates": 4, "chosen_by": "discriminator"}
    assert set(index["networks"]) == {"generator", "discriminator", "discriminator_raw"}
    twin = resampled / "models/pretrained/generator.safetensors"
    assert (model / "generator.safetensors").read_bytes() == twin.read_bytes()
    metrics = json.loads((resampled / "metrics/train.json").read_text())
    assert {"score", "start_score", "twin_score"} <= set(metrics)


def test_generate_draws_from_it_by_itself(resampled: Path) -> None:
    command = ["generate", "--prompt", "do you eat the cake", "--n", "8", "--model"]
    said = {name: CliRunner().invoke(app, [*command, f"models/{name}"]) for name in ("adversarial", "pretrained")}
    assert [result.exit_code for result in said.values()] == [0, 0]
    assert len(said["adversarial"].output.splitlines()) == 9
    assert said["adversarial"].output != said["pretrained"].output
