"""The hashes that dvc.lock and run.json hold, computed from the bytes on disk and without DVC.

What is not there or cannot be read raises OSError.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CHUNK_BYTES = 2**20
IGNORED = "__pycache__"
"""Python's own folder inside of code folders. Nothing else is left out, whatever .dvcignore says."""


@dataclass(frozen=True)
class Digest:
    """What is hashed of a file."""

    md5: str
    sha256: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Tree:
    """A file or a folder on disk."""

    files: Mapping[str, Digest]
    """By POSIX path inside of the folder; a single file is called ''."""

    @cached_property
    def md5(self) -> str:
        """As dvc.lock has it."""
        if alone := self.files.get(""):
            return alone.md5
        return md5_of_listing({name: digest.md5 for name, digest in self.files.items()})

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(digest.size for digest in self.files.values())

    @property
    def count(self) -> int | None:
        """How many files a folder holds; None for a file."""
        return None if "" in self.files else len(self.files)


def tree(path: Path) -> Tree:
    """The hashes of a file, or of every file of a folder in the order of their names."""
    return Tree({name: digest(file) for name, file in files_of(path)})


def files_of(path: Path) -> Iterator[tuple[str, Path]]:
    """A file under the name '', or all that a folder holds but folders, by POSIX path inside of it."""
    if not path.is_dir():
        yield "", path
        return
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        if IGNORED not in inside.parts and (file.is_symlink() or not file.is_dir()):
            yield inside.as_posix(), file


def digest(path: Path) -> Digest:
    """Hash a file once with both algorithms."""
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            md5.update(chunk)
            sha256.update(chunk)
            size += len(chunk)
    return Digest(md5.hexdigest(), sha256.hexdigest(), size)


def md5_of(path: Path) -> str:
    """The md5 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def md5_of_listing(files: Mapping[str, str]) -> str:
    """The md5 that DVC gives to a folder: of the JSON list of its files' md5 and path, sorted by path.

    Args:
        files: md5 by POSIX path inside of the folder.
    """
    listing = [{"md5": md5, "relpath": name} for name, md5 in sorted(files.items())]
    return hashlib.md5(json.dumps(listing).encode(), usedforsecurity=False).hexdigest() + ".dir"
