import json
from collections.abc import Callable
from pathlib import Path

from promptgan.networks import folder as model_folder


def test_trains_the_twin_further_for_what_the_adversarial_phase_cost(
    trained: Path, run_stage: Callable[..., None]
) -> None:
    index = trained / "models/adversarial/index.json"
    steps = []
    for factor in (1, 3):
        content = json.loads(index.read_text())
        index.write_text(json.dumps({**content, "flops": content["flops"] * factor}))
        run_stage("control")
        metrics = json.loads((trained / "metrics/control.json").read_text())
        assert 1 <= metrics["cost_of_adversarial"] < 1.3
        steps.append(metrics["steps"])
    assert 2.5 < steps[1] / steps[0] < 3.5
    loaded = model_folder.load(trained / "models/control")
    assert loaded.index["steps"] == steps[1]
    pretrained = json.loads((trained / "metrics/pretrain.json").read_text())
    assert metrics["val_loss"] <= pretrained["val_loss"]
