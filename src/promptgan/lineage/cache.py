"""DVC's cache: where it lies, an object by its hash, the listing of a folder, the runs that it remembers."""

import functools
import json
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan.core.errors import PromptganError
from promptgan.lineage import lock
from promptgan.lineage.hashes import md5_of

USUAL = Path(".dvc/cache")
LISTING = ".dir"
"""What ends the hash of a folder: it is that of a JSON list of its files and their hashes."""


class NoRepository(PromptganError):
    """This folder is not a repository of DVC's, or its settings cannot be read."""


class RunUnreadable(PromptganError):
    """An entry of the run-cache is not what DVC writes."""


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


def holds(file: lock.File) -> bool:
    """Whether the cache has an output with every file that a folder holds: a purge deletes some and no listing."""
    files = {} if file.files is None else listing(file.md5)
    return files is not None and all(place(folder(), md5).is_file() for md5 in (file.md5, *files.values()))


def members(file: lock.File) -> dict[str, str]:
    """The md5 of each file of an output, by its path; of the output itself where no listing of it is known."""
    files = listing(file.md5)
    return {file.path: file.md5} if files is None else {f"{file.path}/{name}": md5 for name, md5 in files.items()}


def runs() -> list[Path]:
    """The entries of the run-cache, which are named after what ran and what that gave."""
    return sorted(path for path in folder().glob("runs/*/*/*") if path.is_file())


def run(path: Path) -> lock.Stage:
    """The run that an entry of the run-cache remembers; it does not say of which stage.

    Raises:
        RunUnreadable: it is not what DVC writes.
    """
    try:
        return lock.stage("", YAML(typ="safe").load(path.read_bytes()))
    except (OSError, YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RunUnreadable(f"{path} is no entry of a run-cache: {reason}", f"delete it: rm {path}") from error


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
