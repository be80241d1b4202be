"""A tiny oracle that has walked through every stage, each by its own script."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptgan.core.parameters import load_params
from promptgan.ratings import kept
from promptgan.recipes import presets
from tests.pipeline.clone import merged
from tests.stages.conftest import run

ROOT = Path(__file__).parents[3]
STAGES = (
    "download",
    "validate",
    "tokenize",
    "pretrain",
    "train",
    "control",
    "judges",
    "generate",
    "evaluate",
    "report",
)
TINY: dict[str, Any] = {
    "compute": {"threads": 1, "precision": "float32"},
    "data": {"vocabulary": 20, "embedding": 4, "width": 4, "length": 5, "count": 700},
    "validate": {
        "vocabulary": 20,
        "length": 5,
        "shares": {"val": 0.2, "test": 0.2, "judge": 0.2},
        "min_rows": 100,
        "max_quarantine_share": 0.5,
    },
    "tokenize": {"vocabulary": 20, "max_tokens": 5},
    "generator": {"width": 8},
    "discriminator": {"embedding": 8, "width": 8},
    "pretrain": {"epochs": 12, "validate_every": 10, "warmup": 5, "min_gain": 0.02, "patience": 1},
    "train": {
        "steps": 4,
        "warmup": 3,
        "batch": 16,
        "roll_outs": 2,
        "validate_every": 2,
        "validation_count": 60,
        "guards": {"entropy_floor": 0.0, "duplicates_limit": 1.0, "kl_limit": 100.0},
    },
    "generate": {"temperatures": [0.5, 1.0], "count": 110, "shown": 3},
    "evaluate": {"jackknife_groups": 4},
}


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which every stage has run."""
    import torch

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    folder = tmp_path_factory.mktemp("oracle")
    shutil.copytree(ROOT / "recipes", folder / "recipes")
    for name in ("params.yaml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "data").mkdir()
    (folder / "data/excluded.csv").write_text("data,id,reason\n")
    kept.write([], folder / kept.LIST)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        presets.use("text-oracle", device="cpu")
        Path("params.yaml").write_text(yaml.safe_dump(merged(load_params(), TINY)), encoding="utf-8")
        for stage in STAGES:
            run(stage)
    torch.set_num_threads(before[0])
    torch.use_deterministic_algorithms(before[1])
    return folder
