"""Checkpoints that outlive a killed stage: keyed by everything that the result depends on, and held by one process."""

import fcntl
import hashlib
import io
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from promptgan.core.record import sha256
from promptgan.core.store import main_repository

DIGEST_BYTES = 32
"""Of the sha256 that a checkpoint file begins with."""


class Checkpoint:
    """The saved state of one run of a stage, under the main repository's ``.dvc/tmp/checkpoints``.

    Enter it to take its lock: a second process with the same key waits. Leaving it without an exception deletes the
    folder; after a kill or an error the folder stays, and the next run goes on from it. The state before the last is
    kept too: where the last is damaged, that one is used.

    Args:
        stage: name of the stage.
        run: what `promptgan.core.record.describe_run` returns; with the loaded code it makes the key.
    """

    def __init__(self, stage: str, run: dict[str, Any]) -> None:
        self.stage = stage
        key = json.dumps({"run": run, "code": _loaded_code()}, sort_keys=True)
        digest = hashlib.sha256(key.encode()).hexdigest()[:20]
        root = main_repository() / ".dvc" / "tmp" / "checkpoints"
        self.folder = root / f"{stage}-{digest}"
        self._lock_path = root / f"{stage}-{digest}.lock"
        self._state, self._before = self.folder / "state.pt", self.folder / "before.pt"

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock_path.open("w")
        waiting = False
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waiting:
                    print(f"waiting: another process trains in {self.folder.name}", file=sys.stderr, flush=True)
                waiting = True
                time.sleep(0.2)
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is None:
            shutil.rmtree(self.folder)
        self._lock.close()

    def load(self) -> dict[str, Any] | None:
        """The state last saved that is whole, or None. Says what is damaged, and that training goes on or anew."""
        for path in (self._state, self._before):
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            digest, payload = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
            if hashlib.sha256(payload).digest() == digest:
                state: dict[str, Any] = torch.load(io.BytesIO(payload), weights_only=True)
                self._say("going on from the checkpoint of a run that was interrupted")
                return state
            self._say(f"the checkpoint {path.name} is damaged and is not used")
        if self._state.exists() or self._before.exists():
            self._say("no checkpoint is whole; starting anew")
        return None

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state, whole or not at all."""
        buffer = io.BytesIO()
        torch.save(state, buffer)
        payload = buffer.getvalue()
        temporary = self._state.with_suffix(".partial")
        with temporary.open("wb") as file:
            file.write(hashlib.sha256(payload).digest())
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        if self._state.exists():
            self._state.replace(self._before)
        temporary.replace(self._state)
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _say(self, words: str) -> None:
        print(f"{self.stage}: {words}", file=sys.stderr, flush=True)


def random_state() -> dict[str, Any]:
    """The state of the random number generators of torch, numpy and Python."""
    numpy: Any = np.random.get_state(legacy=True)
    name, keys, *rest = numpy
    return {
        "cpu": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": (name, keys.tolist(), *rest),
        "python": random.getstate(),
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Put back what `random_state` returned."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"]:
        torch.cuda.set_rng_state_all(state["cuda"])
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])


def _loaded_code() -> dict[str, str]:
    """sha256 of every file of this project that is loaded, the running script among them."""
    script = sys.modules["__main__"]
    modules = {n: m for n, m in sys.modules.items() if n.split(".")[0] == "promptgan"} | {"__main__": script}
    files = {name: getattr(module, "__file__", None) for name, module in modules.items()}
    return {name: sha256(Path(file)) for name, file in sorted(files.items()) if file}
