from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.networks import folder
from tests.conftest import EXAMPLE, GENERATOR

TEMPERATURES = [0.5, 0.7, 0.9, 1.0, 1.3]


@pytest.fixture
def models(tokens: Path, tmp_path: Path, one_thread: None) -> Path:
    """Model folders: a twin and an adversarial model with fresh weights, no control, and an unfitted matcher."""
    from promptgan.tasks.text.judges import dual_encoder

    root = tmp_path / "models"
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
    return root


@pytest.fixture
def samples(validated: Path, tmp_path: Path) -> Path:
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
    path = tmp_path / "samples"
    path.mkdir()
    pd.concat(frames, ignore_index=True).to_parquet(path / "samples.parquet", index=False)
    return path
