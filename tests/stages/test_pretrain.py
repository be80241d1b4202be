import json
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from promptgan.forms.tokens.pairs import Pairs
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


def test_a_corpus_is_read_first_and_its_tokens_are_counted(
    folder: Path, tokens: Path, run_stage: Callable[..., None]
) -> None:
    here = shutil.copytree(tokens, folder / "tokens")
    (here / "judge.arrow").replace(here / "corpus.arrow")
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace("  name: none", "  name: brown\n  epochs: 2"))
    run_stage("pretrain", tokens=here)
    metrics = json.loads((folder / "metrics/pretrain.json").read_text())
    assert metrics["corpus_tokens"] == 2 * (Pairs(here / "corpus.arrow").text_lengths + 1).sum()
    assert metrics["steps"] == 2 * 3 + 4 * 6
    assert (folder / "plots/pretrain.csv").read_text().startswith("step,epoch,val_loss,corpus_tokens,train_loss,rate\n")
    index = model_folder.read_index(folder / "models/pretrained")
    assert index["corpus_tokens"] == metrics["corpus_tokens"]
    assert "tokens/corpus.arrow" in " ".join(json.loads((folder / "models/pretrained/run.json").read_text())["inputs"])


def test_a_disk_that_takes_no_more_is_a_clean_error_and_loses_nothing(
    trained: Path, run_stage: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in (trained / "models").rglob("*") if path.is_file()}
    params = (trained / "params.yaml").read_text()
    (trained / "params.yaml").write_text(params.replace("seed: 1", "seed: 2"))
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limit[1]))  # no file may be larger, as on a full disk
    try:
        with pytest.raises(SystemExit) as caught:
            run_stage("pretrain")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert caught.value.code == 1
    assert f"error: a file below {trained}: File too large" == capsys.readouterr().err.splitlines()[-2]
    assert {path: path.read_bytes() for path in before} == before
    run_stage("pretrain")


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


def test_a_method_without_a_learning_rate_leaves_none(
    folder: Path, tokens: Path, run_stage: Callable[..., None]
) -> None:
    path = folder / "params.yaml"
    document = yaml.safe_load(path.read_text())
    document["generator"] = {"network": "ngram", "order": 3}
    document["pretrain"] = {"method": "count", "validation_count": 50}
    path.write_text(yaml.safe_dump(document))
    run_stage("pretrain", tokens=tokens)
    index = model_folder.read_index(folder / "models/pretrained")
    assert (index["learning_rate"], index["converged"], index["steps"]) == (None, True, 1)
