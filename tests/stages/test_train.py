import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from promptgan.networks import folder as model_folder


def test_writes_both_players_and_the_moving_average_which_is_the_model(trained: Path) -> None:
    folder = trained / "models/adversarial"
    average = model_folder.load(folder).networks["generator"].state_dict()
    assert all(
        torch.equal(average[name], tensor) for name, tensor in load_file(folder / "generator.safetensors").items()
    )
    player = load_file(folder / "generator_raw.safetensors")
    assert set(player) == set(average)
    assert not all(torch.equal(player[name], tensor) for name, tensor in average.items())
    assert "judge.2.bias" in load_file(folder / "discriminator.safetensors")


def test_writes_metrics_of_the_best_validation_and_the_curve_from_the_twin_on(trained: Path) -> None:
    metrics = json.loads((trained / "metrics/train.json").read_text())
    header, *rows = (line.split(",") for line in (trained / "plots/train.csv").read_text().splitlines())
    curve = {int(row[0]): dict(zip(header, row, strict=True)) for row in rows}
    assert list(curve) == [0, 3, 6]
    assert metrics["stopped"] == "limit"
    score = {step: float(row["score"]) for step, row in curve.items()}
    assert score[metrics["best_step"]] == max(score[3], score[6])
    assert metrics["score"] == pytest.approx(score[metrics["best_step"]], abs=1e-6)
    assert metrics["start_score"] == pytest.approx(score[0], abs=1e-6)


def test_records_its_inputs_and_its_cost(trained: Path) -> None:
    run = json.loads((trained / "models/adversarial/run.json").read_text())
    assert {"data/tokens/train.arrow", "data/tokens/val.arrow", "models/pretrained/generator.safetensors"} <= set(
        run["inputs"]
    )
    assert json.loads((trained / "models/adversarial/index.json").read_text())["flops"] > 0
