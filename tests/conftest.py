"""What tests of several rooms need: tokenized pairs, a tiny generator, and arithmetic on one thread."""

import contextlib
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from promptgan.forms.tokens.example import Example
from tests import warm

if TYPE_CHECKING:
    from promptgan.networks.tokens.recurrent.network import Generator

EXAMPLE = Example(vocabulary=64, max_tokens=10)
"""Of `tokens`."""
GENERATOR: dict[str, Any] = {
    "network": "recurrent",
    "cell": "gru",
    "embedding": 8,
    "width": 8,
    "layers": 1,
    "dropout": 0.1,
}
DISCRIMINATOR: dict[str, Any] = {"network": "convolutional", "embedding": 8, "width": 6, "kernel": 3, "dropout": 0.1}
THINGS = ["tea", "rice", "soup", "bread", "fish", "cake"]
ACTS = ["buy", "cook", "eat", "find"]


def records(first: int, count: int) -> pd.DataFrame:
    """Canonical records: a question, and an answer that follows from it."""
    rows = []
    for i in range(first, first + count):
        thing, act = THINGS[i % len(THINGS)], ACTS[i // len(THINGS) % len(ACTS)]
        extra = " ".join(THINGS[(i + j) % len(THINGS)] for j in range(i % 5))
        prompt, text = f"do you {act} the {thing} {extra}".strip(), f"yes , i {act} {thing} now"
        rows.append((f"r{i}", f"g{i}", prompt, text))
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text"])


Shared = Callable[[str, Callable[[Path], object]], Path]
"""Gives the folder of a name, made by the function where no worker has made it yet."""


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """What is costly is made once for all workers of a test run, whoever needs it first; to be read only."""
    base = tmp_path_factory.getbasetemp()
    top = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder, whole = top / name / "made", top / name / "whole"
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (top / name / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                whole.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def default_parameters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The params.yaml that the default preset writes, whatever the one of the working tree holds."""
    from promptgan.recipes import presets

    path = tmp_path_factory.mktemp("default") / "params.yaml"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(Path(__file__).parents[1])
        patch.setattr(presets, "bfloat16_instructions", lambda: [])  # float32 is what every CPU is fast with
        presets.use("text-gumbel", path, device="cpu")
    return path


@pytest.fixture(scope="session")
def validated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a validate stage, with as many validation and test pairs as a verdict needs."""
    folder = tmp_path_factory.mktemp("validated")
    for first, (split, count) in enumerate({"train": 96, "val": 104, "test": 104, "judge": 48}.items()):
        records(1000 * first, count).to_parquet(folder / f"{split}.parquet", index=False)
    return folder


@pytest.fixture(scope="session")
def tokens(validated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tokenize stage."""
    from promptgan.tasks.text.arrays.arrays import Parameters, pack

    folder = tmp_path_factory.mktemp("tokens")
    pack(validated, folder, Parameters(level="word", vocabulary=64, lowercase=True, max_tokens=10))
    return folder


@contextlib.contextmanager
def on_one_thread() -> Iterator[None]:
    """Arithmetic that is the same on every run, and settings put back after it."""
    import torch

    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Arithmetic that is the same on every run of the test."""
    with on_one_thread():
        yield


@pytest.fixture
def warmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program in Python that is started, by a test or by what it calls, begins with its slow imports done."""
    monkeypatch.setenv("PATH", warm.path())
    monkeypatch.setattr(sys, "executable", str(warm.python()))


@pytest.fixture
def generator(one_thread: None) -> "Generator":
    """A tiny generator with fresh weights, for the vocabulary of `tokens`."""
    from promptgan.networks.tokens.recurrent.network import Generator
    from promptgan.networks.tokens.recurrent.parameters import Parameters

    return Generator(Parameters(**GENERATOR), EXAMPLE)
