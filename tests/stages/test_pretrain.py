import json
from collections.abc import Callable
from pathlib import Path

import pytest

from promptgan.networks import folder as model_folder


def test_writes_a_model_that_loads_its_metrics_and_its_curve(trained: Path) -> None:
    loaded = model_folder.load(trained / "models/pretrained")
    metrics = json.loads((trained / "metrics/pretrain.json").read_text())
    assert set(metrics) == {"val_loss", "steps", "converged", "weights"}
    assert metrics["weights"] == sum(weight.numel() for weight in loaded.networks["generator"].parameters())
    assert {name: loaded.index[name] for name in metrics} == metrics
    curve = (trained / "plots/pretrain.csv").read_text().splitlines()
    assert curve[0] == "step,epoch,val_loss,train_loss,rate"
    assert [line.split(",")[0] for line in curve[1:]] == ["0", "6", "12", "18", "24"]
    run = json.loads((trained / "models/pretrained/run.json").read_text())
    assert sorted(Path(name).name for name in run["inputs"]) == [
        "meta.json",
        "tokenizer.json",
        "train.arrow",
        "val.arrow",
    ]
    assert run["device"]


def test_leaves_no_checkpoint_behind(trained: Path) -> None:
    assert not list((trained / ".dvc/tmp/checkpoints").glob("*/state.pt"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("method: likelihood", "method: likelyhood", "pretrain.method: found 'likelyhood' (did you mean likelihood?)"),
        ("cell: gru", "cell: rnn", "generator.cell: found 'rnn'"),
        ("device: cpu", "device: auto", "compute.device: found 'auto'"),
    ],
)
def test_refuses_a_wrong_parameter(
    old: str,
    new: str,
    words: str,
    folder: Path,
    tokens: Path,
    run_stage: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(SystemExit) as caught:
        run_stage("pretrain", tokens=tokens)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err
    assert not (folder / "models").exists()
