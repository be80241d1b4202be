"""DVC's cache: where it lies, an object by its hash, the listing of a folder."""

import functools
import json
from pathlib import Path

from promptgan.core.errors import PromptganError
from promptgan.lineage.hashes import md5_of

USUAL = Path(".dvc/cache")
LISTING = ".dir"
"""What ends the hash of a folder: it is that of a JSON list of its files and their hashes."""


class NoRepository(PromptganError):
    """This folder is not a repository of DVC's, or its settings cannot be read."""


def folder() -> Path:
    """Where DVC keeps objects and remembered runs, as its settings have it.

    Raises:
        NoRepository: there are no settings here, or they cannot be read.
    """
    return _folder(Path.cwd())


def place(store: Path, md5: str) -> Path:
    """Where a cache or a remote keeps, or would keep, the object of a hash."""
    return store / "files" / "md5" / md5[:2] / md5[2:]


def find(md5: str) -> Path | None:
    """The object of a hash, not examined; None where it is not here. DVC, slow to load, is asked where needed only."""
    usual = place(USUAL, md5)
    if usual.is_file():
        return usual
    try:
        configured = place(folder(), md5)
    except NoRepository:
        return None
    return configured if configured.is_file() else None


def listing(md5: str) -> dict[str, str] | None:
    """The md5 of each file of a folder by its path in it; None where the cache has no listing with this hash."""
    path = find(md5) if md5.endswith(LISTING) else None
    try:
        if path and md5_of(path) + LISTING == md5:
            return {entry["relpath"]: entry["md5"] for entry in json.loads(path.read_bytes())}
    except (OSError, ValueError, TypeError, KeyError):  # a file that is hashed as a listing and is none
        pass
    return None


@functools.cache
def _folder(repository: Path) -> Path:
    from dvc.config import Config, ConfigError

    settings = repository / ".dvc"
    if not settings.is_dir():
        raise NoRepository("this is no DVC repository", "run this at the top of the repository")
    try:
        return Path(Config(settings)["cache"].get("dir") or USUAL)
    except ConfigError as error:
        raise NoRepository(f"DVC's settings cannot be read: {error}", "correct .dvc/config and its like") from error
