"""Named members out of a zip, tar or Debian archive, and nothing else out of it."""

import difflib
import gzip
import lzma
import shutil
import stat
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from promptgan.core.errors import PromptganError

MAX_MEMBER_BYTES = 128 * 2**20
MAX_TOTAL_BYTES = 2**30
CHUNK_BYTES = 2**20
WITHIN = "!/"
"""Between the name of an archive within an archive and that of a member of it."""
FEW = 5
"""Members that an error lists."""

OpenMember = Callable[[], AbstractContextManager[IO[bytes]]]


class UnsafeArchive(PromptganError):
    """The archive has a member that points outside of it, a link where a file is wanted, or too many bytes."""

    def __init__(self, package: str, reason: str) -> None:
        super().__init__(
            f"{package}: {reason}; nothing was extracted",
            "this is not the archive that was pinned; do not open it by hand, report it",
        )


class BrokenArchive(PromptganError):
    """The archive cannot be read."""

    def __init__(self, package: str, reason: str) -> None:
        super().__init__(f"{package}: not a readable archive: {reason}", "delete it and download it again")


class MissingProgram(PromptganError):
    """A program that this kind of package needs is not installed."""

    def __init__(self, program: str, need: str) -> None:
        super().__init__(f"{need} needs the program {program}", f"install {program}, or use a data set of another kind")


class MissingMember(PromptganError):
    """The archive is well but lacks a member that the data set names."""

    def __init__(self, package: str, pattern: str, members: list[str]) -> None:
        few = _nearest(pattern, members)
        kind = "its" if len(few) == len(members) else "the nearest of its"
        shown = "\n".join([f"; {kind} {len(members)} member(s):", *(f"  {name!r}" for name in few)])
        super().__init__(
            f"{package}: no member matches {pattern!r}{shown if few else '; it holds no file'}",
            "correct `members` in the data set's file (a pattern matches a member's whole name), or its version",
        )


def extract(
    package: Path,
    patterns: tuple[str, ...],
    out: Path,
    *,
    title: str = "",
    max_member_bytes: int = MAX_MEMBER_BYTES,
    max_total_bytes: int = MAX_TOTAL_BYTES,
) -> list[Path]:
    """Write the members that match ``patterns`` flat into the folder ``out``; return their paths, sorted.

    The kind of archive is told by its first bytes. Bytes are counted as they are decompressed, whatever the
    archive's headers claim. A pattern such as ``data/*.json`` matches a member's whole name, part by part;
    ``data.tar.gz!/data/*.json`` matches members of an archive that is a member itself, to which the caps apply anew.
    Errors call the archive ``title``, or by its file name where that is empty.

    Raises:
        UnsafeArchive: any member's name is absolute or climbs out; a wanted member is no regular file, has the name of
            another, or is larger than the caps.
        BrokenArchive: the archive is damaged or of no known kind.
        MissingMember: a pattern matches nothing.
    """
    title = title or package.name
    caps = {"max_member_bytes": max_member_bytes, "max_total_bytes": max_total_bytes}
    within: dict[str, list[str]] = {}
    for pattern in patterns:
        archive, apart, member = pattern.partition(WITHIN)
        if apart:
            within.setdefault(archive, []).append(member)
    if within:
        plain = tuple(pattern for pattern in patterns if WITHIN not in pattern)
        files = extract(package, plain, out, title=title, **caps) if plain else []
        for archive, members in within.items():
            with tempfile.TemporaryDirectory() as folder:
                for found in extract(package, (archive,), Path(folder), title=title, **caps):
                    files += extract(found, tuple(members), out, title=f"{title}{WITHIN}{found.name}", **caps)
        return sorted(files)
    written: dict[str, str] = {}
    names: list[str] = []
    total = 0
    try:
        for name, regular, open_member in _members(package, title):
            names.append(name)
            pure = PurePosixPath(name)
            if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in pure.parts[0]:
                raise UnsafeArchive(title, f"member {name!r} points outside of the archive")
            matching = [pattern for pattern in patterns if _matches(pure, pattern)]
            if not matching:
                continue
            if not regular:
                raise UnsafeArchive(title, f"member {name!r} is not a regular file")
            if (out / pure.name).exists():
                raise UnsafeArchive(title, f"two members are called {pure.name!r}")
            written[pure.name] = matching[0]
            size = 0
            with open_member() as source, (out / pure.name).open("xb") as target:
                while chunk := source.read(CHUNK_BYTES):
                    size += len(chunk)
                    if size > max_member_bytes or total + size > max_total_bytes:
                        raise UnsafeArchive(title, f"member {name!r} unpacks to more bytes than the caps allow")
                    target.write(chunk)
            total += size
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        gzip.BadGzipFile,
        EOFError,
        RuntimeError,
    ) as error:
        raise BrokenArchive(title, str(error) or type(error).__name__) from error
    for pattern in patterns:
        if pattern not in written.values():
            raise MissingMember(title, pattern, names)
    return sorted(out / name for name in written)


def _members(package: Path, title: str) -> Iterator[tuple[str, bool, OpenMember]]:
    """Name, whether it is a regular file, and a way to open it, of every member but folders."""
    with package.open("rb") as file:
        magic = file.read(8)
    if magic.startswith(b"PK"):
        with zipfile.ZipFile(package) as archive:
            for info in archive.infolist():
                kind = stat.S_IFMT(info.external_attr >> 16)
                if not info.is_dir():
                    yield info.filename, kind in (0, stat.S_IFREG), lambda info=info: archive.open(info)  # type: ignore[misc]
    elif magic.startswith(b"!<arch>"):
        with _tar_of_deb(package, title) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            yield from _tar_members(tar)
    else:
        with tarfile.open(package, mode="r:*") as tar:
            yield from _tar_members(tar)


def _tar_members(tar: tarfile.TarFile) -> Iterator[tuple[str, bool, OpenMember]]:
    for info in tar:
        if not info.isdir():
            yield info.name.removeprefix("./"), info.isreg(), lambda info=info: _opened(tar, info)  # type: ignore[misc]


def _opened(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(info)
    if file is None:
        raise tarfile.TarError(f"{info.name} holds no bytes")
    return file


@contextmanager
def _tar_of_deb(package: Path, title: str) -> Iterator[IO[bytes]]:
    if shutil.which("dpkg-deb") is None:
        raise MissingProgram("dpkg-deb", f"opening {title}, a Debian package,")
    command = ["dpkg-deb", "--fsys-tarfile", str(package.resolve())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            yield process.stdout
        finally:
            process.stdout.close()
            problem = process.stderr.read().decode(errors="replace").strip()
        if process.wait() not in (0, -13):  # SIGPIPE: the reader has seen the end of the tar before its padding
            raise BrokenArchive(title, problem)


def _nearest(pattern: str, members: list[str]) -> list[str]:
    """A few members that the pattern may have meant: of the same name in another folder, then of a similar name."""
    moved = [name for name in members if PurePosixPath(name).match(PurePosixPath(pattern).name)]
    similar = difflib.get_close_matches(pattern, members, n=FEW, cutoff=0.3)
    return list(dict.fromkeys([*moved[:FEW], *similar, *members[:FEW]]))[:FEW]


def _matches(name: PurePosixPath, pattern: str) -> bool:
    return len(name.parts) == len(PurePosixPath(pattern).parts) and name.match(pattern)
