"""From a pinned declaration to verified files in ``data/raw``, ``data/corpus`` or ``data/base``."""

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.core.record import sha256
from promptgan.data.archives import MissingProgram, extract
from promptgan.data.sources import (
    Deb,
    Folder,
    Hub,
    Joined,
    Local,
    Npm,
    Package,
    PyPI,
    Seeded,
    Upstream,
    Url,
    content_sha256,
)

ATTEMPTS = 4
BACK_OFF_SECONDS = 1.0
TIMEOUT_SECONDS = 30.0
PROGRAM_TIMEOUT_SECONDS = 900.0
CHUNK_BYTES = 2**18
OWN_DATA = Path("data/own")
PROVENANCE = "provenance.json"


class SourceFailed(PromptganError):
    """One source did not deliver; the next one is tried."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "another source may have it")


class WrongHash(SourceFailed):
    """A source delivered a file, but not the pinned one."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"wrong sha256: delivered {found}, pinned {expected}")


class TooLarge(SourceFailed):
    """A server offers or sends more bytes than the source may have."""


class NoSourceDelivered(PromptganError):
    """None of a data set's sources could be had."""

    def __init__(self, upstream: Upstream, reasons: list[str], cache: Path) -> None:
        tried = [f"  {source}: {reason}" for source, reason in zip(upstream.sources, reasons, strict=True)]
        places = " or ".join(str(cache / source.sha256) for source in upstream.sources)
        super().__init__(
            "\n".join([f"{upstream.title}: none of its {len(tried)} source(s) delivered", *tried]),
            "check the network, the proxy, and the index or registry that pip, npm and apt are configured for, then run"
            f" again; or put the package file by hand at {places}",
        )


class WrongContent(PromptganError):
    """The package is the pinned one, but its members are not those that the data set is pinned to."""

    def __init__(self, source: Package, expected: str, found: str) -> None:
        super().__init__(
            f"{source}: the members' sha256 is {found}, the data set pins {expected}",
            "correct `content_sha256`, `members` or the source in the data set's file",
        )


class OwnDataMissing(PromptganError):
    """params.yaml names an imported file that is not in the store."""

    def __init__(self, source: Local) -> None:
        place = OWN_DATA / source.sha256 / source.file
        super().__init__(
            f"{place}: the imported data is not here",
            f"run `dvc pull {place}.dvc`, or import it again: `promptgan use RECIPE --path ...`",
        )


def download(upstream: Upstream, out: Path, *, cache: Path, roots: list[Path]) -> dict[str, Any]:
    """Write the members of a data set and ``provenance.json`` into the folder ``out``, whole or not at all.

    Args:
        upstream: what is wanted, with its sources in the order in which they are tried.
        out: replaced if it exists.
        cache: packages by their sha256; read first, verified, and filled.
        roots: repositories whose store of imported files is searched for a `Local` source.

    Returns:
        The content of ``provenance.json``.

    Raises:
        NoSourceDelivered: says what was tried and why each failed.
        OwnDataMissing: the imported file is in none of the stores.
        UnsafeArchive, BrokenArchive, MissingMember: the package holds what it should not, or lacks what it should.
        WrongContent: the package is pinned but its members are not the pinned ones.
    """
    source, package = _obtain(upstream, cache, roots)
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        if package.is_dir():
            files = [Path(shutil.copyfile(file, partial / file.name)) for file in members(package, source.members)]
        elif source.members:
            files = extract(package, source.members, partial, title=f"{source} ({package})")
        else:
            name = source.file if isinstance(source, Local) else str(source).rsplit("/", 1)[-1]
            files = [Path(shutil.copyfile(package, partial / name))]
        hashes = {file.name: sha256(file) for file in files}
        if (found := content_sha256(hashes)) != upstream.content_sha256:
            raise WrongContent(source, upstream.content_sha256, found)
        provenance = {**upstream.described(source), "files": hashes}
        write_json(partial / PROVENANCE, provenance)
        shutil.rmtree(out, ignore_errors=True)
        partial.replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return provenance


def leave_out(out: Path) -> None:
    """Write the folder of something that the recipe does not use."""
    shutil.rmtree(out, ignore_errors=True)
    write_json(out / PROVENANCE, {"kind": "none"})


def _obtain(upstream: Upstream, cache: Path, roots: list[Path]) -> tuple[Package, Path]:
    for source in upstream.sources:
        if isinstance(source, Local):
            return source, _in_store(source, roots)
        if cached := _cached(source, cache):
            return source, cached
    reasons = []
    for source in upstream.sources:
        try:
            return source, _fetch(source, cache)
        except (SourceFailed, MissingProgram) as error:
            reasons.append(error.problem)
    raise NoSourceDelivered(upstream, reasons, cache)


def _cached(source: Package, cache: Path) -> Path | None:
    """The package as it was kept, if it is still the pinned one."""
    cached = cache / source.sha256
    if cached.is_file():
        if sha256(cached) == source.sha256:
            return cached
        cached.unlink()
    return None


def members(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    """The files of a folder that match one of the patterns, sorted by name."""
    return sorted({file for pattern in patterns for file in folder.glob(pattern) if file.is_file()})


def _in_store(source: Local, roots: list[Path]) -> Path:
    for root in roots:
        path = root / OWN_DATA / source.sha256 / source.file
        if path.is_file():
            if (found := sha256(path)) != source.sha256:
                raise WrongHash(source.sha256, found)
            return path
    raise OwnDataMissing(source)


def _fetch(source: Package, cache: Path) -> Path:
    if isinstance(source, Folder):
        if not Path(source.path).is_dir():
            raise SourceFailed("there is no such folder")
        return Path(source.path)
    if isinstance(source, Joined):
        return _join(source, cache)
    if isinstance(source, Hub):
        return snapshot(source.name, source.version, source.members)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="partial-") as name, Console(stderr=True) as console:
        folder = Path(name).resolve()
        if isinstance(source, Url):
            file = _fetch_url(source, folder / "file", console)
        elif isinstance(source, Seeded):
            file = folder / "file"
            file.write_bytes(source.content())
        elif console.is_terminal:
            with console.status(f"downloading {source}"):
                file = _run_program(source, folder)
        else:
            file = _run_program(source, folder)
        if (found := sha256(file)) != source.sha256:
            raise WrongHash(source.sha256, found)
        file.replace(cache / source.sha256)
    return cache / source.sha256


def _join(source: Joined, cache: Path) -> Path:
    """A folder of the members of every part, each under the name of its part and its own."""
    folder = cache / f"{source.sha256}.partial"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, part in source.parts:
        package = _cached(part, cache) or _fetch(part, cache)
        with tempfile.TemporaryDirectory(dir=cache, prefix="partial-") as unpacked:
            for file in extract(package, part.members, Path(unpacked), title=str(part)):
                file.replace(folder / f"{name}-{file.name}")
    return folder


def snapshot(repository: str, revision: str, patterns: tuple[str, ...]) -> Path:
    """The folder into which the Hugging Face Hub's own client, with the user's own settings, puts a repository's files.

    Raises:
        SourceFailed: it cannot be had.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=list(patterns)))
    except Exception as error:  # the client passes on whatever those that it is built on raise
        raise SourceFailed(str(error).strip().splitlines()[0][:400]) from error


def _run_program(source: Package, folder: Path) -> Path:
    """Let the package kind's own program, with the user's own settings, put one file into ``folder``."""
    wanted = folder / "wanted"
    wanted.mkdir()
    if isinstance(source, PyPI):
        # pip checks the hash itself too, before an sdist's build code could run
        requirement = folder / "requirement.txt"
        requirement.write_text(f"{source.name}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8")
        form = "--no-binary" if source.sdist else "--only-binary"
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check"]
        command += ["--quiet", "--require-hashes", form, ":all:", "--dest", str(wanted), "-r", str(requirement)]
    elif isinstance(source, Npm):
        command = ["npm", "pack", f"{source.name}@{source.version}", "--ignore-scripts", "--loglevel=error"]
        command += ["--pack-destination", str(wanted)]
    elif isinstance(source, Deb):
        command = ["apt-get", "download", "-q", "-o", f"Acquire::Retries={ATTEMPTS}", f"{source.name}={source.version}"]
    else:
        raise TypeError(f"no program fetches {source}")
    if shutil.which(command[0]) is None:
        raise MissingProgram(command[0], str(source))
    try:
        done = subprocess.run(
            command, cwd=wanted, capture_output=True, text=True, errors="replace", timeout=PROGRAM_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise SourceFailed(f"{command[0]} did not end within {PROGRAM_TIMEOUT_SECONDS:.0f} s") from error
    files = list(wanted.iterdir())
    if done.returncode or len(files) != 1:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["no file"]
        errors = [line for line in lines if "ERROR" in line or line.startswith(("npm error", "E:"))] or lines
        raise SourceFailed(errors[0][:400])
    return files[0]


def _fetch_url(source: Url, file: Path, console: Console) -> Path:
    if not source.url.startswith(("https://", "http://")):
        raise SourceFailed("not an HTTP or HTTPS address")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _read_url(source, file, console)
            break
        except urllib.error.HTTPError as error:
            reason = f"HTTP {error.code} {error.reason}"
            if error.code < 500 and error.code not in (408, 429):
                raise SourceFailed(reason) from error
        except (OSError, HTTPException) as error:  # URLError, time-outs and resets are kinds of OSError
            reason = str(error) or type(error).__name__
        if attempt == ATTEMPTS:
            raise SourceFailed(f"{reason} ({ATTEMPTS} attempts)")
        time.sleep(BACK_OFF_SECONDS * 2 ** (attempt - 1))
    return file


def _read_url(source: Url, file: Path, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with (
        urllib.request.urlopen(source.url, timeout=TIMEOUT_SECONDS) as response,
        file.open("wb") as target,
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
    ):
        length = response.headers.get("Content-Length")
        expected = int(length) if length and length.isdigit() else None
        if expected is not None and expected > source.max_bytes:
            raise TooLarge(f"the server offers {expected:,} bytes; at most {source.max_bytes:,} are allowed")
        bar, received = progress.add_task(str(source), total=expected), 0
        while chunk := response.read(CHUNK_BYTES):
            received += len(chunk)
            if received > source.max_bytes:
                raise TooLarge(f"the server sends more than the {source.max_bytes:,} bytes that are allowed")
            target.write(chunk)
            progress.update(bar, advance=len(chunk))
    if expected is not None and received != expected:
        raise OSError(f"the body was cut off after {received:,} of {expected:,} bytes")
