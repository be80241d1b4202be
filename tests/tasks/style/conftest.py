"""Tiny sentences of two styles that have walked through every stage but the first, each by its own script."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from promptgan.core.parameters import load_params
from promptgan.data.download import leave_out
from promptgan.data.sets import vader
from promptgan.ratings import kept
from promptgan.recipes import presets
from tests.pipeline.clone import merged
from tests.stages.conftest import run

ROOT = Path(__file__).parents[3]
STAGES = ("validate", "tokenize", "pretrain", "train", "control", "judges", "generate", "evaluate", "report")
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
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which every stage has run."""
    import torch

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    folder = tmp_path_factory.mktemp("style")
    shutil.copytree(ROOT / "recipes", folder / "recipes")
    for name in ("params.yaml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "data/raw").mkdir(parents=True)
    (folder / "data/excluded.csv").write_text("data,id,reason\n")
    kept.write([], folder / kept.LIST)
    records = sentences(600)
    lines = [
        f"{name.partition('-')[2]}\t{1 if label == 'positive' else -1}\t{text}"
        for name, text, label in zip(records["id"], records["text"], records["label"], strict=True)
    ]
    (folder / "data/raw" / vader.FILE.format(vader.FILES["movies"])).write_text("\n".join(lines))
    leave_out(folder / "data/base")
    leave_out(folder / "data/corpus")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        presets.use("text-style", device="cpu")
        Path("params.yaml").write_text(yaml.safe_dump(merged(load_params(), TINY)), encoding="utf-8")
        section = vader.Parameters(name="vader", sources=["movies"], least_score=0.5)
        upstream = vader.upstream(section)
        provenance = {**upstream.described(upstream.sources[0]), "files": {}}
        Path("data/raw/provenance.json").write_text(json.dumps(provenance))
        for stage in STAGES:
            run(stage)
    torch.set_num_threads(before[0])
    torch.use_deterministic_algorithms(before[1])
    return folder
