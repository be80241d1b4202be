"""Disk, memory, cores, precision and GPU, against what a run of params.yaml takes."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from promptgan.core.compute import CPU_INFO, Compute, bfloat16_instructions
from promptgan.doctor.finding import Finding, note, problem, size

DISK_BYTES = 250e6
"""Cache and outputs of the default run, measured."""
MEMORY_BYTES = 4e9
"""Peak of the default run, as the README has it."""
ROOM = 10
"""Runs that should fit on the disk: every experiment keeps its outputs in the cache."""
PATIENCE_SECONDS = 10.0
SLACK = 0.5
"""Cores that an idle machine may use for itself."""

CGROUP = Path("/sys/fs/cgroup")
"""Where Linux says what a container may use."""


def disk(*folders: Path) -> Finding:
    """Whether the fullest of the disks that these folders lie on takes another run."""
    free = min(shutil.disk_usage(folder).free for folder in folders)
    found = f"{size(free)} free; the default run keeps {size(DISK_BYTES)}"
    remedy = "free some, or see `dvc gc --workspace --dry` for results that nothing needs any more"
    if free < DISK_BYTES:
        return problem("disk", found, remedy)
    return note("disk", found, remedy) if free < ROOM * DISK_BYTES else Finding("disk", found)


def memory(group: Path = CGROUP) -> Finding:
    """Whether the memory that is free now takes the default run."""
    available = float(psutil.virtual_memory().available)
    if (limit := _first_number(group / "memory.max")) is not None:
        available = min(available, limit)
    found = f"{size(available)} available; the default run takes at most {size(MEMORY_BYTES)}"
    if available < MEMORY_BYTES:
        return note("memory", found, "close other programs, or choose a smaller generator.width and pretrain.batch")
    return Finding("memory", found)


def cores(threads: int, group: Path = CGROUP) -> Finding:
    """Whether every thread of torch gets a core."""
    usable = usable_cores(group)
    found = f"{usable} usable, compute.threads is {threads}"
    if threads > usable:
        remedy = f"set compute.threads to {usable} at most: more is slower; the last bits of results depend on it"
        return note("cores", found, remedy)
    return Finding("cores", found)


def busy(threads: int) -> Finding:
    """Whether other programs leave the cores that torch's threads want.

    The load, processes that run or wait for a core, is of the whole machine, and so its cores are counted.
    """
    load, cores = psutil.getloadavg()[0], os.cpu_count() or 1
    found = f"{load:.1f} of {cores} cores in use, the mean of the last minute"
    if load + threads <= cores + SLACK:
        return Finding("load", found)
    remedy = "wait until it has ended, or expect longer trainings"
    if threads > 1:
        remedy += f"; {threads} threads on busy cores are slower than 1: set compute.threads to 1"
    return note("load", f"{found}: another program is busy, and a training takes longer", remedy)


def usable_cores(group: Path = CGROUP) -> int:
    """The cores that this process may run on at a time, its container's quota included."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, period = _first_number(group / "cpu.max"), _first_number(group / "cpu.max", 1)
    return affinity if quota is None or not period else max(1, min(affinity, int(quota / period)))


def precision(compute: Compute, cpu_info: Path = CPU_INFO) -> Finding:
    """Whether the CPU has instructions for the chosen precision."""
    if compute.precision == "float32" or compute.device != "cpu":
        return Finding("precision", compute.precision)
    has = bfloat16_instructions(cpu_info)
    if has is None:
        return Finding("precision", f"bfloat16; {platform.system()} does not say whether the CPU has it")
    if has:
        return Finding("precision", f"bfloat16, which the CPU has ({', '.join(has)})")
    remedy = "set compute.precision to float32: faster here, with other results"
    return note("precision", "bfloat16, for which the CPU has no instructions", remedy)


def device(compute: Compute) -> Finding:
    """Whether the chosen device is there. Imports torch only where that is a GPU."""
    if compute.device == "cpu":
        if not (there := _gpus()):
            return Finding("device", "cpu; no GPU here")
        return note("device", f"cpu, and {there[0]} is unused", "`promptgan use RECIPE` takes the GPU")
    import torch

    if torch.cuda.is_available():
        return Finding("device", f"cuda: {torch.cuda.get_device_name()}")
    seen = f"{there[0]} is here, but " if (there := _gpus()) else ""
    remedy = "set compute.device to cpu, or let `promptgan use RECIPE` choose; a GPU needs NVIDIA's driver"
    return problem("device", f"compute.device is cuda; {seen}torch {torch.__version__} finds no GPU", remedy)


def _gpus() -> list[str]:
    if not (program := shutil.which("nvidia-smi")):
        return []
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


def _first_number(path: Path, position: int = 0) -> float | None:
    try:
        word = path.read_text(encoding="utf-8").split()[position]
    except (OSError, IndexError):
        return None
    return float(word) if word.isdecimal() else None
