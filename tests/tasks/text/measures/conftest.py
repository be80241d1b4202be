import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.networks import folder
from promptgan.tasks.text.measures import measures
from promptgan.tasks.text.measures.parameters import Parameters
from tests.conftest import EXAMPLE, GENERATOR, on_one_thread

TEMPERATURES = [0.5, 0.7, 0.9, 1.0, 1.3]


@pytest.fixture(scope="session")
def measured_source(tokens: Path, validated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is measured: the folders `models` and `samples`; to be read only."""
    root = tmp_path_factory.mktemp("measured")
    with on_one_thread():
        make_models(root / "models", tokens)
    make_samples(root / "samples", validated)
    return root


@pytest.fixture
def models(measured_source: Path, tmp_path: Path, one_thread: None) -> Path:
    """A copy of the model folders, to be changed."""
    return Path(shutil.copytree(measured_source / "models", tmp_path / "models"))


@pytest.fixture
def samples(measured_source: Path, tmp_path: Path) -> Path:
    """A copy of the samples, to be changed."""
    return Path(shutil.copytree(measured_source / "samples", tmp_path / "samples"))


@pytest.fixture(scope="session")
def evaluation(tokens: Path, measured_source: Path) -> measures.Evaluation:
    """What is measured of both as they are; to be read only."""
    parameters = Parameters(language_model_order=3, jackknife_groups=4, verse=False)
    paths = tokens, measured_source / "models", measured_source / "samples"
    with on_one_thread():
        return measures.evaluate(*paths, parameters, 1, torch.device("cpu"))


def make_models(root: Path, tokens: Path) -> None:
    """Model folders: a twin and an adversarial model with fresh weights, no control, and an unfitted matcher."""
    from promptgan.tasks.text.judges import dual_encoder

    index = {**folder.described("text", "tokens", EXAMPLE), "converged": True}
    for name in ("pretrained", "adversarial"):
        model = folder.build("tokens", "generator", GENERATOR, EXAMPLE)
        folder.save(
            root / name,
            {"generator": model},
            {"generator": GENERATOR},
            index,
            {"tokenizer.json": tokens / "tokenizer.json"},
        )
    folder.save_none(root / "control", "this recipe has no control")
    matcher = dual_encoder.DualEncoder(64, 16)
    matcher.begin_with(torch.ones(64))
    dual_encoder.save(root / "judges", matcher, {})


def make_samples(path: Path, validated: Path) -> None:
    """Samples that grow more random with temperature; the adversarial model's answers are the real ones at 0.9."""
    test = pd.read_parquet(validated / "test.parquet")
    vocabulary = sorted({word for text in test["text"] for word in text.split()})
    frames = []
    for model in ("twin", "adversarial"):
        for temperature in TEMPERATURES:
            random = np.random.default_rng(int(10 * temperature) + len(model))
            texts = [
                " ".join(
                    random.choice(vocabulary) if random.random() < temperature / 2 else word for word in text.split()
                )
                for text in test["text"]
            ]
            chosen = test["text"] if (model, temperature) == ("adversarial", 0.9) else texts
            frame = pd.DataFrame({"prompt_id": test["id"], "prompt": test["prompt"], "text": chosen})
            frames.append(frame.assign(model=model, purpose="curve", temperature=temperature, top_p=1.0, seed=1))
        user = pd.DataFrame({"prompt_id": ["user-0"], "prompt": ["hi"], "text": ["hello"]})
        frames.append(user.assign(model=model, purpose="read", temperature=0.8, top_p=1.0, seed=1))
    path.mkdir()
    pd.concat(frames, ignore_index=True).to_parquet(path / "samples.parquet", index=False)
