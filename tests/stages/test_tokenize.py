from collections.abc import Callable
from pathlib import Path

import pytest

from promptgan.core.parameters import load_params


def test_writes_a_tokenizer_every_split_and_the_record_of_its_run(
    folder: Path, validated: Path, run_stage: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    run_stage("tokenize", validated=validated)
    names = {path.name for path in (folder / "data/tokens").iterdir()}
    assert names == {
        "tokenizer.json",
        "meta.json",
        "run.json",
        *(f"{s}.arrow" for s in ("train", "val", "test", "judge")),
    }
    run = load_params(folder / "data/tokens/run.json")
    assert run["stage"] == "tokenize"
    assert set(run["parameters"]) == {"task", "tokenize"}
    assert len(run["inputs"]) == 4
    assert capsys.readouterr().out.startswith("train 96, val 104, ")


def test_refuses_a_wrong_parameter_before_it_writes(
    folder: Path, run_stage: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace("level: word", "level: words"))
    with pytest.raises(SystemExit) as caught:
        run_stage("tokenize")
    assert caught.value.code == 2
    assert "tokenize.level: found 'words'" in capsys.readouterr().err
    assert not (folder / "data").exists()
