"""A tiny oracle that has walked through every stage, each by its own script."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Shared
from tests.stages.conftest import run
from tests.tasks import walking

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
def walked(shared: Shared) -> Path:
    """The folder in which every stage has run."""
    return shared("oracle", lambda folder: walking.walked(folder, "text-oracle", TINY, lambda: run("download")))
