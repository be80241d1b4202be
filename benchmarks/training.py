"""Likelihood and adversarial training: tokens a second, and the share of the peak that a GEMM reaches in the same run.

Needs `data/tokens` and `models/pretrained` of a finished run. One thread. The arithmetic is estimated as 6 a weight and
token (Kaplan et al., 2020); the peak is the best of three products of 512 x 512 matrices of the same precision.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import torch

from promptgan import base
from promptgan.compute import Compute, autocast, prepare
from promptgan.networks import folder
from promptgan.forms.tokens import likelihood
from promptgan.networks.tokens.convolutional import network as discriminator
from promptgan.forms.tokens.generator import Batch, TextGenerator
from promptgan.objectives import non_saturating
from promptgan.training.methods.gumbel import method as gumbel
from promptgan.forms.tokens.pairs import Pairs, batch_order
from promptgan.training.methods.likelihood.method import adamw

STEPS = 12


def main() -> None:
    """Print the measurements of both precisions as JSON."""
    params = base.load_params()
    tokens, pretrained = Path("data/tokens"), Path("models/pretrained")
    train = Pairs(tokens / "train.arrow")
    results = {}
    for precision in ("float32", "bfloat16"):
        compute = Compute(device="cpu", threads=1, precision=precision)
        prepare(compute, 1)
        peak = _peak(torch.float32 if precision == "float32" else torch.bfloat16)
        twin = folder.load(pretrained)
        order = iter(batch_order(train.text_lengths, params["pretrain"]["batch"], 1, 0))
        optimizer = adamw(twin.model, 1e-4)
        step = partial(_likelihood_step, twin.model, (train.batch(i) for i in order), optimizer, compute)
        results[f"likelihood {precision}"] = _measure(step, peak)
        twin = folder.load(pretrained)
        judge = discriminator.Discriminator(
            discriminator.Parameters(**params["discriminator"]), twin.model.embedding.weight
        )
        settings = gumbel.Parameters(**{**params["train"], "warmup": 0})
        phase = gumbel.Phase(twin.model, judge, train, settings, non_saturating, twin.config["max_tokens"], compute, 1)
        results[f"adversarial {precision}"] = _measure(partial(_adversarial_step, phase), peak)
    print(json.dumps(results, indent=2))


def _likelihood_step(
    generator: TextGenerator, batches: Iterator[Batch], optimizer: torch.optim.Optimizer, compute: Compute
) -> tuple[int, float]:
    batch = next(batches)
    generator.train()
    with autocast(compute):
        _, count = likelihood.backward(generator, batch)
    torch.nn.utils.clip_grad_norm_(generator.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    weights = sum(w.numel() for w in generator.parameters())
    return count, 6.0 * weights * (count + int(batch.prompt_lengths.sum()))


def _adversarial_step(phase: gumbel.Phase) -> tuple[int, float]:
    before = phase.flops
    return phase.advance(), phase.flops - before


def _measure(step: Callable[[], tuple[int, float]], peak: float) -> dict[str, float]:
    for _ in range(2):
        step()
    speeds, rates = [], []
    for _ in range(STEPS):
        start = time.perf_counter()
        tokens, flops = step()
        seconds = time.perf_counter() - start
        speeds.append(tokens / seconds)
        rates.append(flops / seconds / 1e9)
    achieved = statistics.median(rates)
    return {
        "tokens_per_second": round(statistics.median(speeds)),
        "achieved_gflops": round(achieved, 1),
        "peak_gflops": round(peak, 1),
        "share_of_peak": round(achieved / peak, 3),
    }


def _peak(dtype: torch.dtype) -> float:
    a, b = torch.randn(512, 512, dtype=dtype), torch.randn(512, 512, dtype=dtype)
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(100):
            a @ b
        best = max(best, 100 * 2 * 512**3 / (time.perf_counter() - start) / 1e9)
    return best


if __name__ == "__main__":
    main()
