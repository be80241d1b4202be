"""Sampling: `forms.tokens.decoding.sample` against the bare loop that users write, on the same prompts in one run.

Needs `data/tokens` and `models/pretrained` of a finished run. One thread. The bare loop is batched too, draws with
`torch.multinomial`, and goes on with every sequence until the longest has ended.
"""

import json
import statistics
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import numpy as np
import torch

from promptgan.core.compute import Compute, prepare
from promptgan.forms.tokens.decoding import random_numbers, sample
from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.vocabulary import BOS, EOS
from promptgan.tasks.text.samples.samples import TextModel, load

COUNT, ROUNDS = 512, 5


@torch.no_grad()
def bare_loop(model: TextModel, batch: Batch) -> list[list[int]]:
    """Ancestral sampling as it is usually written."""
    state = model.generator.start(batch.prompt, batch.prompt_lengths)
    token = torch.full((len(batch),), BOS)
    ended = torch.zeros(len(batch), dtype=torch.bool)
    rows: list[list[int]] = [[] for _ in range(len(batch))]
    for _ in range(model.index["example"]["max_tokens"]):
        features, state = model.generator.step(model.generator.embedding(token[:, None]), state)
        token = torch.multinomial(model.generator.logits(features[:, 0]).softmax(-1), 1)[:, 0]
        ended |= token == EOS
        for row, drawn, over in zip(rows, token.tolist(), ended.tolist(), strict=True):
            if not over:
                row.append(drawn)
        if ended.all():
            break
    return rows


def main() -> None:
    """Print sentences a second of both, and their ratio, as JSON."""
    prepare(Compute(device="cpu", threads=1, precision="float32"), 1)
    model = load(Path("models/pretrained"))
    batch = Pairs(Path("data/tokens/test.arrow")).batch(np.arange(COUNT))
    uniforms = random_numbers(1, COUNT, model.index["example"]["max_tokens"])
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS):
        start = time.perf_counter()
        bare_loop(model, batch)
        middle = time.perf_counter()
        sample(model.generator, batch.prompt, batch.prompt_lengths, uniforms)
        seconds["bare"].append(middle - start)
        seconds["ours"].append(time.perf_counter() - middle)
    ours, bare = statistics.median(seconds["ours"]), statistics.median(seconds["bare"])
    result = {
        "sentences_per_second": round(COUNT / ours),
        "bare_loop": round(COUNT / bare),
        "ratio": round(bare / ours, 2),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
