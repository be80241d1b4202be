"""Tiny sentences of two styles that have walked through every stage but the first, each by its own script."""

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from promptgan.data.sets import vader
from promptgan.data.tables.rated import FILES
from tests.conftest import Shared
from tests.tasks import walking
from tests.tasks.walking import rated

TINY: dict[str, Any] = {
    "compute": {"threads": 1, "precision": "float32"},
    "data": {"sources": ["movies"]},
    "validate": {"shares": {"val": 0.2, "test": 0.2, "judge": 0.2}, "min_rows": 100, "max_quarantine_share": 0.5},
    "tokenize": {"vocabulary": 400, "max_tokens": 20, "noise": {"copies": 2}},
    "generator": {"embedding": 16, "width": 16},
    "discriminator": {"embedding": 16, "width": 8},
    "pretrain": {"epochs": 8, "validate_every": 20, "warmup": 5, "min_gain": 0.3, "patience": 1, "learning_rate": 0.01},
    "train": {
        "steps": 4,
        "warmup": 3,
        "batch": 16,
        "validate_every": 2,
        "validation_count": 30,
        "guards": {"entropy_floor": 0.0, "duplicates_limit": 1.0, "kl_limit": 100.0},
    },
    "generate": {"temperatures": [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0], "count": 100, "shown": 3},
    "evaluate": {"jackknife_groups": 4},
}
NOUNS = ["plot", "cast", "story", "music", "end", "film", "hero", "score", "scene", "joke"]
WORDS = {"positive": ["good", "great", "superb", "fun", "warm"], "negative": ["bad", "dull", "awful", "weak", "cold"]}


def sentences(count: int) -> pd.DataFrame:
    """Canonical records of styles that one or two words tell."""
    random = np.random.default_rng(1)
    rows = []
    for number in range(count):
        label = ("negative", "positive")[number % 2]
        nouns, words = random.choice(NOUNS, 3), random.choice(WORDS[label], 2)
        text = f"the {nouns[0]} and {nouns[1]} of {nouns[2]} {number // 2 % 10} is {words[0]} and {words[1]}"
        rows.append((f"movies-{number}", f"movies-{number}", text, label))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label"])


@pytest.fixture(scope="session")
def walked(shared: Shared) -> Path:
    """The folder in which every stage has run."""
    upstream = vader.upstream(vader.Parameters(name="vader", sources=["movies"], least_score=0.5))
    files = {FILES["movies"]: rated(sentences(600), "movies", "positive")}
    download = functools.partial(walking.put, upstream, files)
    return shared("style", lambda folder: walking.walked(folder, "text-style", TINY, download))
