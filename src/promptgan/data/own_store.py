"""The content-addressed store of the user's own files, which experiments share and DVC can push."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from promptgan.core import record
from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json

STORE = Path("data/own")
ORIGINALS = Path(".dvc/tmp/own_data.json")
"""Where the imported files came from; paths of this machine, so they enter neither params.yaml nor Git."""


class NotTracked(PromptganError):
    """The file is in the store, but DVC could not take it up."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"`dvc add {path}` failed: {reason}", f"run `dvc add {path}` by hand to see why")


def put(path: Path, sha256: str, root: Path, original: list[Any]) -> None:
    """Copy a file to ``data/own/SHA256/NAME`` of a repository, and track it there with DVC.

    Args:
        path: the file.
        sha256: of it.
        root: the repository; where it is one of DVC's, the file is added to it so that it can be committed and pushed.
        original: what `original_of` returns from now on.

    Raises:
        NotTracked: DVC refused the copy.
    """
    stored = STORE / sha256 / path.name
    target = root / stored
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".partial")
    shutil.copyfile(path, temporary)
    temporary.replace(target)
    if (root / ".dvc/config").is_file():  # `.dvc` alone may be what a former import made
        _track(stored, root)
    write_json(root / ORIGINALS, {**_originals(root), sha256: original})


def original_of(sha256: str, root: Path) -> Any:
    """What was noted of the original of a file of the store when it was imported; None where nothing is known."""
    return _originals(root).get(sha256)


def changed_original(sha256: str, root: Path) -> Path | None:
    """The file at its old place where it has changed since its import, told by `put`'s ``original`` = `noted`.

    None where it has not, and where it is gone or out of reach: the store has what was imported.
    """
    if not (entry := original_of(sha256, root)):
        return None
    path, (size, modified) = Path(entry[0]), entry[1:]
    try:
        status = path.stat()
        same = (status.st_size, status.st_mtime_ns) == (size, modified) or record.sha256(path) == sha256
    except OSError:
        return None
    return None if same else path


def noted(path: Path) -> list[Any]:
    """What `put` is to note of an original that is one file: its place, size and time."""
    status = path.stat()
    return [str(path.resolve()), status.st_size, status.st_mtime_ns]


def _originals(root: Path) -> dict[str, Any]:
    try:
        content = json.loads((root / ORIGINALS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _track(stored: Path, root: Path) -> None:
    command = [sys.executable, "-m", "dvc", "add", "--quiet", str(stored)]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, env={**os.environ, "DVC_NO_ANALYTICS": "1"}
    )
    if done.returncode:
        raise NotTracked(stored, (done.stderr.strip().splitlines() or ["no message"])[-1])
