"""Continuations by every model."""

from pathlib import Path

import pandas as pd
import torch
from promptgan.tasks.numbers.samples.parameters import Parameters

from promptgan.core.compute import Compute
from promptgan.core.progress import Progress
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.networks import folder

FIRST = 4


def generate(
    folders: dict[str, Path],
    validated: Path,
    out: Path,
    parameters: Parameters,
    compute: Compute,
    seed: int,
    device: torch.device,
) -> str:
    """Continue the first numbers of the test split; write samples.parquet."""
    asked = pd.read_parquet(validated / "test.parquet").head(parameters.count)
    frames = []
    used = {name: path for name, path in folders.items() if folder.read_index(path)["kind"] == "model"}
    with Progress("samples", len(used)) as progress:
        for name, path in used.items():
            loaded = folder.load(path, device, ["generator"])
            prompt = torch.tensor([[FIRST + int(first)] for first in asked["first"]])
            uniforms = random_numbers(seed, len(asked), loaded.index["example"]["max_tokens"])
            rows = sample(loaded.networks["generator"], prompt, torch.ones(len(asked), dtype=torch.int64), uniforms)
            texts = [" ".join(str(token - FIRST) for token in row) for row in rows]
            frames.append(asked[["id", "first"]].assign(model=name, rest=texts))
            progress.advance()
    out.mkdir(parents=True, exist_ok=True)
    pd.concat(frames).to_parquet(out / "samples.parquet", index=False)
    return f"{sum(map(len, frames))} samples in {out}"
