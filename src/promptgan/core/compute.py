"""Device, threads, precision and seeds of a stage that uses torch."""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import Section

if TYPE_CHECKING:
    import torch

# Threads that wait yield instead of spinning, so that a busy neighbour costs no more than its share. OpenMP reads it
# once, when torch is imported; so every stage imports this module before anything that imports torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

DRIVERS = ("libcuda.so.1", "libamdhip64.so")
"""Of NVIDIA and AMD."""
CPU_INFO = Path("/proc/cpuinfo")
BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16", "bf16", "svebf16"})
"""What Linux calls the instructions for bfloat16."""
PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""


class DeviceUnavailable(PromptganError):
    """The parameter file asks for a device that this machine lacks."""


class Compute(Section):
    """What the arithmetic runs on. A result is bit-identical where all of this, the packages and the CPU kind are."""

    device: Literal["cpu", "cuda"]
    """Kind of device. `promptgan use` resolves `auto` into one of these."""
    threads: int = Field(ge=1, le=1024)
    """CPU threads of torch; sums depend on it."""
    precision: Literal["float32", "bfloat16"]
    """Of matrix products in training and sampling; weights, optimiser state and losses stay float32."""


def prepare(compute: Compute, seed: int) -> "torch.device":
    """Set threads, seeds and deterministic algorithms; return the device.

    Raises:
        DeviceUnavailable: ``cuda`` was asked for and there is none.
    """
    _die_with_parent()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what CUDA needs for deterministic products
    import torch

    if compute.device == "cuda" and not torch.cuda.is_available():
        raise DeviceUnavailable(
            "compute.device is cuda, but torch finds no GPU here",
            "run `promptgan use RECIPE`, which resolves the device, or set compute.device to cpu",
        )
    if (compute.device, compute.precision) == ("cpu", "bfloat16") and not bfloat16_instructions():
        # oneDNN has no LSTM in bfloat16 for such a CPU; torch's own is as slow, but it is there.
        torch.backends.mkldnn.enabled = False  # type: ignore[assignment]
    use_threads(compute.threads)
    torch.use_deterministic_algorithms(True)
    # Nothing here reads fresh memory, and filling it costs a tenth of the time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.manual_seed(seed)
    return torch.device(compute.device)


def finds_gpu() -> bool:
    """Whether torch finds a GPU; torch, which takes seconds to load, is asked only where a driver is."""
    for driver in DRIVERS:
        with contextlib.suppress(OSError):
            ctypes.CDLL(driver)
            import torch

            return torch.cuda.is_available()
    return False


def bfloat16_instructions(cpu_info: Path = CPU_INFO) -> list[str] | None:
    """The CPU's instructions for bfloat16, without which it is several times slower than float32; None if unknown."""
    try:
        return sorted(BFLOAT16 & set(cpu_info.read_text(encoding="utf-8").split()))
    except OSError:
        return None


def use_threads(count: int) -> None:
    """Set the CPU threads of torch."""
    import torch

    torch.set_num_threads(count)


def _die_with_parent() -> None:
    # Under DVC, on Linux: a stage is killed when the DVC that started it dies, so that a new run may take over.
    if "DVC_ROOT" not in os.environ or not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before this process asked
        raise SystemExit(1)


def autocast(compute: Compute) -> contextlib.AbstractContextManager[object]:
    """The context in which matrix products run in the chosen precision."""
    import torch

    if compute.precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(compute.device, dtype=torch.bfloat16)
