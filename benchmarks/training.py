"""Likelihood and adversarial training: steps a second, and the share of the peak that a GEMM reaches in the same run.

Needs `data/tokens` and `models/pretrained` of a finished run of a text recipe with an adversarial phase. One thread.
The arithmetic is counted (`promptgan.training.loop.cost`) on other steps than those that are timed; the peak is the
best of three products of 512 x 512 matrices of the same precision.
"""

import json
import statistics
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import torch

from promptgan.core.choices import choose, chosen_section
from promptgan.core.compute import Compute, prepare
from promptgan.core.parameters import load_params
from promptgan.forms.tokens import form
from promptgan.networks import folder
from promptgan.training.loop.cost import counted
from promptgan.training.loop.method import Method
from promptgan.training.methods.gumbel import method as gumbel
from promptgan.training.methods.likelihood import method as likelihood
from promptgan.training.setting import Setting

STEPS = 12


def main() -> None:
    """Print the measurements of both precisions as JSON."""
    results = {}
    for precision in ("float32", "bfloat16"):
        compute = Compute(device="cpu", threads=1, precision=precision)
        prepare(compute, 1)
        peak = _peak(torch.float32 if precision == "float32" else torch.bfloat16)
        for name, method in _methods(compute).items():
            results[f"{name} {precision}"] = _measure(method, peak)
    print(json.dumps(results, indent=2))


def _methods(compute: Compute) -> dict[str, Method]:
    params, tokens = load_params(), Path("data/tokens")
    setting = Setting(
        form="tokens",
        example=form.example(tokens),
        sections={role: params[role] for role in ("generator", "discriminator")},
        start=folder.load(Path("models/pretrained")).networks,
        train=form.split(tokens, "train"),
        val=form.split(tokens, "val"),
        compute=compute,
        seed=1,
        device=torch.device("cpu"),
        objective=choose("promptgan.objectives", params["train"]["objective"], "train.objective"),
        penalty=choose("promptgan.penalties", params["train"]["penalty"], "train.penalty"),
    )
    phases = {
        name: chosen_section("promptgan.training.methods", name, params[name], "method")
        for name in ("pretrain", "train")
    }
    return {
        "likelihood": likelihood.build(setting, phases["pretrain"])[0],
        "adversarial": gumbel.build(setting, phases["train"])[0],
    }


def _measure(method: Method, peak: float) -> dict[str, float]:
    flops = statistics.median(counted(lambda k=k: method.step(k))[1] for k in range(3))
    seconds = []
    for k in range(3, 3 + STEPS):
        start = time.perf_counter()
        method.step(k)
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    achieved = flops / median / 1e9
    return {
        "steps_per_second": round(1 / median, 2),
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
