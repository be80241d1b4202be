import os
import re
import shutil
from pathlib import Path

import pytest

from promptgan.core.compute import Compute
from promptgan.core.flat import flat
from promptgan.core.parameters import load_params
from promptgan.doctor import machine
from promptgan.doctor.finding import Verdict

CPU = Compute(device="cpu", threads=1, precision="bfloat16")


def test_a_full_disk_is_a_problem_and_a_fuller_one_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(tmp_path).free
    verdicts = []
    for needed in (0, free / 5, free * 2):
        monkeypatch.setattr(machine, "DISK_BYTES", needed)
        verdicts.append(machine.disk(tmp_path).verdict)
    assert verdicts == [Verdict.ok, Verdict.note, Verdict.problem]


def test_a_container_with_little_memory_is_noted(tmp_path: Path, default_parameters: Path) -> None:
    (tmp_path / "memory.max").write_text("1000000000\n")
    found = machine.memory(tmp_path)
    assert (found.verdict, found.found.split(";")[0]) == (Verdict.note, "1.0 GB available")
    named = re.findall(r"[a-z_]+\.[a-z_]+", found.remedy)
    assert named and set(named) <= set(dict(flat(load_params(default_parameters))))
    (tmp_path / "memory.max").write_text("max\n")
    assert not machine.memory(tmp_path).found.startswith("1.0 GB")


def test_more_threads_than_cores_are_noted(tmp_path: Path) -> None:
    assert machine.cores(1, tmp_path).verdict is Verdict.ok
    usable = machine.usable_cores(tmp_path)
    found = machine.cores(usable + 1, tmp_path)
    assert found.verdict is Verdict.note
    assert f"set compute.threads to {usable}" in found.remedy


@pytest.mark.parametrize(
    ("threads", "load", "verdict"),
    [(1, 0.2, Verdict.ok), (2, 0.2, Verdict.ok), (1, 1.4, Verdict.ok), (1, 1.9, Verdict.note), (2, 1.0, Verdict.note)],
)
def test_a_busy_machine_is_noted(threads: int, load: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.psutil, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 2)
    found = machine.busy(threads)
    assert found.verdict is verdict
    assert found.found.startswith(f"{load:.1f} of 2 cores in use")
    if verdict is Verdict.note:
        assert "another program is busy, and a training takes longer" in found.found
        assert ("2 threads on busy cores are slower than 1" in found.remedy) is (threads == 2)


@pytest.mark.parametrize(("quota", "cores"), [("50000 100000", 1), ("max 100000", None), ("100000 100000", 1)])
def test_the_quota_of_a_container_counts(tmp_path: Path, quota: str, cores: int | None) -> None:
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert machine.usable_cores(tmp_path) == (cores or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(
    ("flags", "verdict"),
    [("fpu avx512f avx512_bf16", Verdict.ok), ("fp asimd bf16", Verdict.ok), ("fpu avx2", Verdict.note)],
)
def test_bfloat16_without_instructions_is_noted(tmp_path: Path, flags: str, verdict: Verdict) -> None:
    cpu_info = tmp_path / "cpuinfo"
    assert machine.precision(CPU, cpu_info).verdict is Verdict.ok, "a system that does not say is no finding"
    cpu_info.write_text(f"processor : 0\nflags : {flags}\n")
    assert machine.precision(CPU, cpu_info).verdict is verdict
    assert machine.precision(CPU.model_copy(update={"precision": "float32"}), cpu_info).verdict is Verdict.ok


def test_an_unused_gpu_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.device(CPU).found == "cpu; no GPU here"
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho Some GPU\n")
    program.chmod(0o755)
    assert machine.device(CPU).found == "cpu, and Some GPU is unused"
    program.write_text("#!/bin/sh\necho NVIDIA-SMI has failed\nexit 9\n")
    assert machine.device(CPU).verdict is Verdict.ok


def test_cuda_without_a_gpu_is_a_problem() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("a GPU is here")
    found = machine.device(CPU.model_copy(update={"device": "cuda"}))
    assert found.verdict is Verdict.problem
    assert "set compute.device to cpu" in found.remedy


@pytest.mark.gpu
def test_cuda_with_a_gpu_is_fine() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    assert machine.device(CPU.model_copy(update={"device": "cuda"})).verdict is Verdict.ok
