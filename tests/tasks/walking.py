"""A tiny run of a recipe, stage by stage, each by its own script, for the tests of tasks."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from promptgan.core.files import write_csv
from promptgan.core.parameters import load_params
from promptgan.data.download import leave_out
from promptgan.data.sources import Upstream
from promptgan.ratings import kept
from promptgan.recipes import presets
from promptgan.reporting import probes
from tests.pipeline.clone import merged
from tests.stages.conftest import run

ROOT = Path(__file__).parents[2]
STAGES = ("validate", "tokenize", "pretrain", "train", "control", "judges", "generate", "evaluate", "report")


def walked(folder: Path, recipe: str, changes: dict[str, Any], download: Callable[[], None]) -> Path:
    """Run every stage of a recipe.

    Args:
        folder: an empty one, in which it runs and which is returned.
        recipe: a preset.
        changes: of its parameters, which make it tiny.
        download: does there what the stage download does, before the others run.
    """
    import torch

    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    shutil.copytree(ROOT / "recipes", folder / "recipes")
    for name in ("params.yaml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "data").mkdir()
    (folder / "data/excluded.csv").write_text("data,id,reason\n")
    kept.write([], folder / kept.LIST)
    write_csv(folder / probes.LIST, [], probes.Finding._fields)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        presets.use(recipe, device="cpu")
        Path("params.yaml").write_text(yaml.safe_dump(merged(load_params(), changes)), encoding="utf-8")
        download()
        for stage in STAGES:
            run(stage)
    torch.set_num_threads(before[0])
    torch.use_deterministic_algorithms(before[1])
    return folder


def put(upstream: Upstream, files: dict[str, str]) -> None:
    """Leave made-up files where a data set's would lie, with no corpus and no model beside them."""
    raw = Path("data/raw")
    raw.mkdir(parents=True)
    for name, text in files.items():
        (raw / name).write_text(text, encoding="utf-8")
    provenance = {**upstream.described(upstream.sources[0]), "files": {}}
    (raw / "provenance.json").write_text(json.dumps(provenance))
    leave_out(Path("data/base"))
    leave_out(Path("data/corpus"))


def rated(records: pd.DataFrame, source: str, positive: str) -> str:
    """Records of a source as a file of rated sentences: the number in the id, a rating, the text."""
    lines = [
        f"{name.removeprefix(f'{source}-')}\t{1 if label == positive else -1}\t{text}"
        for name, text, label in zip(records["id"], records["text"], records["label"], strict=True)
        if name.startswith(f"{source}-")
    ]
    return "\n".join(lines)
