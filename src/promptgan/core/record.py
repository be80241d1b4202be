"""run.json: what is deterministic about a run, written into the output it describes so that it is hashed with it."""

import hashlib
import platform
import sys
from pathlib import Path
from typing import Any

from promptgan.core.files import write_json
from promptgan.core.parameters import Section

PACKAGE_LOCK = Path("requirements.lock")


def sha256(path: Path) -> str:
    """sha256 of a file, as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_inputs(inputs: list[Path]) -> dict[str, str]:
    """sha256 of every file of the inputs (files or folders), by POSIX path, sorted."""
    files = [f for path in inputs for f in (sorted(path.rglob("*")) if path.is_dir() else [path]) if f.is_file()]
    return {file.as_posix(): sha256(file) for file in sorted(files)}


def describe_run(stage: str, parameters: Section, inputs: list[Path]) -> dict[str, Any]:
    """The record of a run: stage, parameters, inputs, packages, interpreter and, where torch is loaded, its device."""
    record: dict[str, Any] = {
        "stage": stage,
        "parameters": parameters.model_dump(mode="json"),
        "inputs": sha256_of_inputs(inputs),
        "python": platform.python_version(),
        "package_lock": sha256(PACKAGE_LOCK),
    }
    if "torch" in sys.modules:
        import torch

        on_gpu = record["parameters"].get("compute", {}).get("device") == "cuda"
        record["torch"] = torch.__version__
        record["device"] = torch.cuda.get_device_name() if on_gpu else torch.backends.cpu.get_cpu_capability()
    return record


def write_run(folder: Path, stage: str, parameters: Section, inputs: list[Path]) -> None:
    """Write ``run.json`` into an output folder."""
    write_json(folder / "run.json", describe_run(stage, parameters, inputs))
