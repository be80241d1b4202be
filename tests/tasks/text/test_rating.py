"""What there is to rate: each system's answers at the temperature chosen for it, and the real ones."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from promptgan.cli import app
from promptgan.core.record import sha256
from promptgan.ratings.sheet import SheetUnusable
from promptgan.tasks.text import rating
from promptgan.tasks.text.arrays.arrays import pack
from promptgan.tasks.text.arrays.parameters import Parameters

SYSTEMS = {"twin": 0.7, "adversarial": 0.5}


@pytest.fixture
def root(validated: Path, tmp_path: Path) -> Path:
    """What a finished run leaves that people can rate."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/validated").symlink_to(validated)
    tokenize = Parameters(level="bpe", vocabulary=300, lowercase=True, max_tokens=40)
    pack(validated, tmp_path / "data/tokens", tokenize)
    test = pd.read_parquet(validated / "test.parquet").head(30)
    drawn = [
        {
            "prompt_id": test["id"][i],
            "prompt": test["prompt"][i],
            "text": f"{name} at {temperature}",
            "model": name,
            "temperature": temperature,
            "purpose": purpose,
        }
        for name in SYSTEMS
        for temperature in (0.5, 0.7)
        for i in range(len(test))
        for purpose in ("curve", "read")
    ]
    (tmp_path / "samples/generated").mkdir(parents=True)
    pd.DataFrame(drawn).to_parquet(tmp_path / "samples/generated/samples.parquet")
    (tmp_path / "metrics").mkdir()
    systems: dict[str, Any] = {name: {"temperature": at} for name, at in SYSTEMS.items()}
    systems |= {"real": {"temperature": None}, "control": "not applicable: none"}
    (tmp_path / "metrics/evaluation.json").write_text(json.dumps({"systems": systems}))
    return tmp_path


def test_answers_are_bound_to_the_samples_and_spelt_as_a_generator_would(root: Path) -> None:
    test = pd.read_parquet(root / "data/validated/test.parquet").set_index("id").head(30)
    found = rating.answers(root)
    assert (found.task, found.samples) == ("text", sha256(root / "samples/generated/samples.parquet"))
    assert found.prompts == test["prompt"].to_dict()
    assert list(found.texts) == ["real", "twin", "adversarial"]
    for system, temperature in SYSTEMS.items():
        assert found.texts[system] == dict.fromkeys(test.index, f"{system} at {temperature}")
    assert all(found.texts["real"][name] == text.lower() for name, text in test["text"].items())


def test_neither_a_sheet_nor_the_key_of_sheets_that_are_out_is_overwritten(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    Path("params.yaml").touch()
    Path("dvc.yaml").touch()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["rate", "sheet", *arguments])

    assert run().exit_code == 0
    before = Path("rating-key.json").read_bytes()
    refused = run("second.csv", "--seed", "2")
    assert refused.stderr == (
        "error: rating-key.json is there already\n  -> name another, so that nobody's ratings are lost\n"
    )
    assert Path("rating-key.json").read_bytes() == before
    assert not Path("second.csv").exists()
    assert run("second.csv", "--key", "second.json").exit_code == 0
    assert "second.csv is there already" in run("second.csv", "--key", "third.json").stderr


def test_without_samples_there_is_nothing_to_rate(tmp_path: Path) -> None:
    with pytest.raises(SheetUnusable, match="no samples"):
        rating.answers(tmp_path)
