"""The content-addressed store of the user's own files, which experiments share and DVC can push."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from promptgan.core import record
from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.data import own_folder

STORE = Path("data/own")
ORIGINALS = Path(".dvc/tmp/own_data.json")
"""Where the imported files came from; paths of this machine, so they enter neither params.yaml nor Git."""


class NotTracked(PromptganError):
    """The file is in the store, but DVC could not take it up."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"`dvc add {path}` failed: {reason}", f"run `dvc add {path}` by hand to see why")


class Original(NamedTuple):
    """Where an imported file came from."""

    path: str
    """A file, a folder or a zip; a path of this machine."""
    options: list[str]
    """What `promptgan use` was given beside the path."""
    listing: str
    """What `own_folder.listing` said of it."""


def put(path: Path, sha256: str, root: Path, original: Path, options: Sequence[str] = ()) -> None:
    """Copy a file to ``data/own/SHA256/NAME`` of a repository, and track it there with DVC.

    Args:
        path: the file.
        sha256: of it.
        root: the repository; where it is one of DVC's, the file is added to it so that it can be committed and pushed.
        original: what the file was made from; itself, or a folder or zip.
        options: of `promptgan use` beside the path, to import it again.

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
    original = original.absolute()
    noted = Original(str(original), list(options), own_folder.listing(original))
    write_json(root / ORIGINALS, {**_originals(root), sha256: noted._asdict()})


def changed_original(sha256: str, root: Path) -> Original | None:
    """Where a file of the store came from, if that has changed since.

    None where it has not, and where it is gone, out of reach or unknown: the store has what was imported.
    """
    try:
        original = Original(**_originals(root)[sha256])
        path = Path(original.path)
        same = own_folder.listing(path) == original.listing or (path.is_file() and record.sha256(path) == sha256)
    except (KeyError, TypeError, OSError):
        return None
    return None if same else original


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
