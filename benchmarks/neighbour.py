"""Training on two threads beside a program that keeps one core busy, against training alone, in one run.

Needs `data/tokens` and `models/pretrained` of a finished run of a text recipe with an adversarial phase. What a stage
does about it is in `promptgan.core.compute`: threads that wait yield. The same with threads that spin stands beside.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 3
STEPS = 30
PROGRAM = f"""
import sys, time
sys.path[:0] = [{str(Path(__file__).resolve().parents[1] / "src")!r}, {str(Path(__file__).resolve().parent)!r}]
from promptgan.core.compute import Compute, prepare
from training import _methods
compute = Compute(device="cpu", threads=2, precision="float32")
prepare(compute, 1)
method = _methods(compute)["likelihood"]
for k in range(3):
    method.step(k)
start = time.perf_counter()
for k in range(3, {3 + STEPS}):
    method.step(k)
print(time.perf_counter() - start)
"""


def seconds(policy: str) -> float:
    """How long the steps take where waiting threads do as ``policy`` (PASSIVE or ACTIVE) says."""
    environment = {**os.environ, "OMP_WAIT_POLICY": policy}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {done.stderr[-2000:]}\n  -> `make run` first, then measure")
    return float(done.stdout.split()[-1])


def main() -> None:
    """Print seconds alone and beside a neighbour, and their ratios, as JSON."""
    taken: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for policy in ("PASSIVE", "ACTIVE"):
            taken.setdefault(f"{policy.lower()}_alone", []).append(seconds(policy))
            with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as neighbour:
                taken.setdefault(f"{policy.lower()}_beside", []).append(seconds(policy))
                neighbour.kill()
    medians = {name: statistics.median(times) for name, times in taken.items()}
    result = {name: round(median, 2) for name, median in medians.items()}
    for policy in ("passive", "active"):
        result[f"{policy}_ratio"] = round(medians[f"{policy}_beside"] / medians[f"{policy}_alone"], 2)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
