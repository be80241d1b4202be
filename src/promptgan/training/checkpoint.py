"""Checkpoints that outlive a killed stage: keyed by everything that the result depends on, and held by one process."""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Self

import torch

from promptgan import base
from promptgan.record import sha256


class CheckpointUnreadable(base.PromptganError):
    """A checkpoint exists but cannot be read."""


class NonFiniteLoss(base.PromptganError):
    """A loss became infinite or not a number; the last checkpoint is kept."""


class Checkpoint:
    """The saved state of one run of a stage, under the main repository's ``.dvc/tmp/checkpoints``.

    Enter it to take its lock: a second process with the same key waits. Leaving it without an exception deletes the
    folder; after a kill or an error the folder stays, and the next run goes on from it.

    Args:
        stage: name of the stage.
        run: what `promptgan.record.describe_run` returns; with the loaded code it makes the key.
    """

    def __init__(self, stage: str, run: dict[str, Any]) -> None:
        self.stage = stage
        key = json.dumps({"run": run, "code": _loaded_code()}, sort_keys=True)
        digest = hashlib.sha256(key.encode()).hexdigest()[:20]
        root = base.main_repository() / ".dvc" / "tmp" / "checkpoints"
        self.folder = root / f"{stage}-{digest}"
        self._lock_path = root / f"{stage}-{digest}.lock"
        self._state = self.folder / "state.pt"

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
        """The state last saved, or None.

        Raises:
            CheckpointUnreadable: the file is broken.
        """
        if not self._state.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self._state, weights_only=True)
        except Exception as error:  # torch raises many kinds for a broken file
            raise CheckpointUnreadable(
                f"{self._state} cannot be read: {error}", f"delete {self.folder} and run again from the start"
            ) from error
        print(f"{self.stage}: going on from the checkpoint of a run that was interrupted", file=sys.stderr, flush=True)
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Replace the saved state, whole or not at all."""
        temporary = self._state.with_suffix(".partial")
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._state)
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def random_state() -> dict[str, Any]:
    """The state of torch's random number generators."""
    return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []}


def set_random_state(state: dict[str, Any]) -> None:
    """Put back what `random_state` returned."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"]:
        torch.cuda.set_rng_state_all(state["cuda"])


def _loaded_code() -> dict[str, str]:
    files = {name: module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "promptgan"}
    return {name: sha256(Path(file)) for name, file in sorted(files.items()) if file}
