"""Continuations by every model."""

from pathlib import Path

import pandas as pd
import torch
from promptgan.tasks.numbers.samples.parameters import Parameters

from promptgan.core.compute import Compute
from promptgan.core.progress import Progress
from promptgan.forms.tokens.decoding import random_numbers
from promptgan.forms.tokens.sampler import sampler
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
) -> tuple[pd.DataFrame, str]:
    """Continue the first numbers of the test split."""
    asked = pd.read_parquet(validated / "test.parquet").head(parameters.count)
    frames = []
    with Progress("samples", len(folders)) as progress:
        for name, path in folders.items():
            loaded = folder.load(path, device, ["generator"])
            prompts = [[FIRST + int(first)] for first in asked["first"]]
            uniforms = random_numbers(seed, len(asked), loaded.index["example"]["max_tokens"])
            rows = sampler(loaded.networks).answers(prompts, uniforms)
            texts = [" ".join(str(token - FIRST) for token in row) for row in rows]
            frames.append(asked[["id", "first"]].assign(model=name, rest=texts))
            progress.advance()
    return pd.concat(frames), f"{sum(map(len, frames))} samples in {out}"
