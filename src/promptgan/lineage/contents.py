"""The bytes that a hash in dvc.lock stands for: in the workspace where it still has them, else in DVC's cache."""

from pathlib import Path
from typing import Literal

from promptgan.core.errors import PromptganError, nearest
from promptgan.lineage import cache, hashes
from promptgan.lineage.hashes import md5_of
from promptgan.lineage.lock import File, Lock

State = Literal["same", "other", "missing"]
"""Whether the workspace has the bytes that dvc.lock has."""


class NotTracked(PromptganError):
    """dvc.lock has no such file, or its folder holds none of that name."""


class BytesNotHere(PromptganError):
    """Neither the workspace nor DVC's cache has the bytes that dvc.lock has for a path."""

    def __init__(self, problem: str, tracked: str) -> None:
        remedy = f"run `dvc pull {tracked}`, or `dvc checkout {tracked}` where the cache has it, or `make run`"
        super().__init__(problem, remedy)


def state(file: File) -> State:
    """Compare the workspace's file or folder with dvc.lock; reads every byte of it."""
    path = Path(file.path)
    if not path.exists():
        return "missing"
    return "same" if hashes.tree(path).md5 == file.md5 else "other"


def listing(folder: File) -> dict[str, str] | None:
    """The md5 of each file of a folder by its path in it; None where neither cache nor workspace can tell."""
    if (cached := cache.listing(folder.md5)) is not None:
        return cached
    if not Path(folder.path).is_dir():
        return None
    tree = hashes.tree(Path(folder.path))
    return {name: file.md5 for name, file in tree.files.items()} if tree.md5 == folder.md5 else None


def md5_in_lock(locked: Lock, path: str) -> str:
    """The md5 that dvc.lock has for an output, a dependency, or a file in one that is a folder.

    Raises:
        NotTracked: there is no such file.
        BytesNotHere: it would lie in a folder whose listing is not here.
    """
    file = locked.holding(path)
    if file is None:
        raise NotTracked(f"{path}: dvc.lock has no such output or dependency", "`dvc.lock` lists those it has")
    if file.path == path:
        return file.md5
    members = listing(file)
    if members is None:
        told = f"{file.path}: which files it holds is recorded neither here nor in DVC's cache"
        raise BytesNotHere(told, file.path)
    name = path.removeprefix(f"{file.path}/")
    if name not in members:
        raise NotTracked(
            f"{path}: {file.path} holds no such file{nearest(name, list(members))}",
            f"it holds {', '.join(sorted(members))}",
        )
    return members[name]


def recorded(locked: Lock, path: str) -> Path:
    """Where the very bytes lie that dvc.lock has for a file; see `locate`.

    Raises:
        NotTracked: dvc.lock has no such file.
        BytesNotHere: the workspace has other bytes or none, and the cache has none.
    """
    if found := locate(path, md5_in_lock(locked, path)):
        return found
    problem = "here are other bytes than dvc.lock has" if Path(path).is_file() else "not here"
    tracked = locked.holding(path)
    raise BytesNotHere(f"{path}: {problem}, and DVC's cache has them not", tracked.path if tracked else path)


def locate(path: str, md5: str) -> Path | None:
    """The file itself where it has these bytes, else its copy in DVC's cache, to be read only; None without either."""
    here = Path(path)
    if here.is_file() and md5_of(here) == md5:
        return here
    cached = cache.find(md5)
    return cached if cached and md5_of(cached) == md5 else None
