import json
from collections.abc import Callable
from pathlib import Path

from promptgan.networks import folder as model_folder


def test_trains_the_twin_further_for_what_the_adversarial_phase_cost(
    trained: Path, run_stage: Callable[..., None]
) -> None:
    config = trained / "models/adversarial/config.json"
    steps = []
    for factor in (1, 3):
        content = json.loads(config.read_text())
        config.write_text(json.dumps({**content, "flops": content["flops"] * factor}))
        run_stage("control")
        metrics = json.loads((trained / "metrics/control.json").read_text())
        assert metrics["steps"] <= metrics["steps_allowed"]
        steps.append(metrics["steps_allowed"])
    assert 2.5 < steps[1] / steps[0] < 3.5
    loaded = model_folder.load(trained / "models/control")
    assert loaded.config["steps_allowed"] == steps[1]
    pretrained = json.loads((trained / "metrics/pretrain.json").read_text())
    assert metrics["val_nll"] <= pretrained["val_nll"]
