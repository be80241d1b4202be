"""A folder of the user's own files, or a zip of one, as one zip whose bytes follow from the files alone."""

import functools
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from promptgan.core.errors import PromptganError

LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")
"""What file managers leave behind, beside files whose name begins with a dot."""


class NoSuchFolder(PromptganError):
    """The path names neither a folder nor a zip."""

    def __init__(self, path: Path) -> None:
        problem = "neither a folder nor a zip" if path.exists() else "no such folder or file"
        super().__init__(f"{path}: {problem}", "give the path of a folder, or of a zip of one")


def contents(path: Path) -> dict[str, bytes]:
    """The files of a folder or zip by their path below it, sorted, without litter; of one that cannot be read nothing.

    Raises:
        NoSuchFolder: it is neither.
    """
    if path.is_dir():
        names = {readable(file.relative_to(path).as_posix()): file for file in path.rglob("*") if file.is_file()}
        return {name: content(names[name].read_bytes) for name in sorted(names) if not is_litter(name)}
    if not zipfile.is_zipfile(path):
        raise NoSuchFolder(path)
    with zipfile.ZipFile(path) as archive:
        kept = (info.filename for info in archive.infolist() if not info.is_dir() and not is_litter(info.filename))
        return {name: content(functools.partial(archive.read, name)) for name in sorted(kept)}


def pack(files: Mapping[str, bytes], out: Path) -> None:
    """Write files into a zip; the same files make the same bytes."""
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(member(name), data)


def member(name: str) -> zipfile.ZipInfo:
    """A member for what follows from a file alone: no time and no machine enter the bytes."""
    info = zipfile.ZipInfo(name)  # of 1980
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info


def content(read: Callable[[], bytes]) -> bytes:
    """What a file or member holds; nothing where it cannot be read, which validation will say of it."""
    try:
        return read()
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
        return b""


def readable(name: str) -> str:
    """A path as UTF-8 can hold it: what is in it of another encoding stands as \\xe4, so that no two become one."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def listing(path: Path) -> str:
    """A digest of the names, sizes and times of the files of a folder, or of a zip.

    Raises:
        OSError: it is gone, or out of reach.
    """
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    facts = [f"{file}\0{(status := file.stat()).st_size}\0{status.st_mtime_ns}" for file in files]
    if not facts:
        raise FileNotFoundError(path)
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogateescape")).hexdigest()


def is_litter(name: str) -> bool:
    """Whether a file, by its path below the folder, is what file managers leave behind."""
    return any(part.startswith(".") or part in LITTER for part in PurePosixPath(name).parts)
