"""Stages run in this process, in a folder of their own."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import DISCRIMINATOR, GENERATOR
from tests.training.methods.test_gumbel import VALUES

ROOT = Path(__file__).parents[2]

PARAMS: dict[str, Any] = {
    "task": "text",
    "form": "tokens",
    "seed": 1,
    "compute": {"device": "cpu", "threads": 1, "precision": "float32"},
    "corpus": {"name": "none"},
    "tokenize": {"level": "word", "vocabulary": 64, "lowercase": True, "max_tokens": 10},
    "generator": GENERATOR,
    "discriminator": DISCRIMINATOR,
    "encoder": {"network": "none"},
    "pretrain": {
        "method": "likelihood",
        "validation_count": 1000,
        "epochs": 4,
        "batch": 16,
        "learning_rate": 0.02,
        "warmup": 2,
        "validate_every": 6,
        "min_gain": 0.0,
        "cut": 0.5,
        "patience": 3,
        "checkpoint_every": 10,
    },
    "train": VALUES | {"steps": 6, "warmup": 2, "validate_every": 3, "patience": 5, "checkpoint_every": 2, "ema": 0.5},
    "generate": {
        "temperatures": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2],
        "count": 10,
        "temperature": 0.7,
        "top_p": 0.9,
        "prompts": ["do you eat the moon"],
    },
}


def run(name: str, **options: Path) -> None:
    """Run a stage's command in this process with options, each a path: ``run("train", out=folder)``."""
    path = list(sys.path)
    spec = importlib.util.spec_from_file_location(f"stage_{name}", ROOT / f"stages/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path[:] = path
    module.main(**options)


@pytest.fixture
def run_stage(one_thread: None) -> Callable[..., None]:
    """`run`, with arithmetic that is the same each time."""
    return run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository with tiny parameters."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(PARAMS), encoding="utf-8")
    (tmp_path / "requirements.lock").write_text("torch==0\n")
    return tmp_path


@pytest.fixture
def trained(folder: Path, tokens: Path, run_stage: Callable[..., None]) -> Path:
    """The repository after pretrain and train."""
    (folder / "data").mkdir()
    (folder / "data/tokens").symlink_to(tokens)
    run_stage("pretrain")
    run_stage("train")
    return folder
