"""DVC's cache, the outputs that dvc.lock names, and what interrupted runs have left."""

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from promptgan.doctor.finding import Finding, near, note, problem, size
from promptgan.lineage import lock

if TYPE_CHECKING:
    from dvc.repo import Repo


def cache(repo: "Repo") -> Finding:
    """Whether DVC can write its cache, how large that is, and how outputs get out of it."""
    from dvc.fs import localfs
    from dvc_objects.fs.generic import test_links

    folder = Path(repo.cache.local_cache_dir)
    if reason := unwritable(folder):
        remedy = "make it writable, or name another with `dvc cache dir --local FOLDER`"
        return problem("cache", f"{near(folder)}: {reason}", remedy)
    wanted = repo.cache.local.cache_types
    ways = test_links(wanted, localfs, str(existing(folder)), localfs, str(Path(repo.root_dir, "probe")))
    files, total = _contents(folder)
    found = f"{near(folder)}: {files} files, {size(total)}; outputs by {ways[0] if ways else 'nothing'}"
    if not ways:
        return problem("cache", found, f"`dvc config --local cache.type copy`; {', '.join(wanted)} does not work here")
    return Finding("cache", found)


def outputs(repo: "Repo") -> Finding:
    """Whether what dvc.lock names is here: in its place, or in the cache."""
    try:
        expected = [file for _, file in lock.read().outputs()]
    except lock.LockUnreadable as error:
        if not lock.LOCK.exists():
            return note("outputs", "no dvc.lock: nothing has run here", "make run")
        return problem("outputs", error.problem, error.remedy)
    gone = [file for file in expected if not Path(file.path).exists()]
    if not gone:
        return Finding("outputs", f"all {len(expected)} of dvc.lock are here")
    found = f"{len(gone)} of the {len(expected)} of dvc.lock are missing: {', '.join(file.path for file in gone[:3])}"
    if all(Path(repo.cache.local.oid_to_path(file.md5)).exists() for file in gone):
        return note("outputs", found, "`dvc checkout` takes them from the cache")
    return note("outputs", found, "`dvc pull` where the remote has them; `make run` makes them anew")


def checkpoints(folder: Path) -> Finding:
    """Trainings that were interrupted; ``folder`` is DVC's temporary one."""
    saved = sorted(folder.glob("checkpoints/*/state.pt"))
    if not saved:
        return Finding("checkpoints", "no interrupted training")
    stages = ", ".join(sorted({path.parent.name.rpartition("-")[0] for path in saved}))
    found = f"{len(saved)} of interrupted trainings ({stages}), {size(sum(path.stat().st_size for path in saved))}"
    return note("checkpoints", found, "`make run` goes on from the one that fits; deleting it costs only time")


def experiments(folder: Path) -> Finding:
    """Copies of the repository that `dvc exp run --temp` and the queue work in; ``folder`` is DVC's temporary one."""
    copies = [path.parent for depth in ("*", "standalone/*") for path in folder.glob(f"exps/{depth}/dvc.yaml")]
    if not copies:
        return Finding("experiments", "no copy left")
    found = f"{len(copies)} copies in {near(folder / 'exps')}, {size(sum(_contents(copy)[1] for copy in copies))}"
    return note("experiments", found, "`dvc queue status`: if none runs, delete the copies")


def running(folder: Path) -> Finding:
    """Processes that hold DVC's locks; ``folder`` is DVC's temporary one."""
    try:
        held = json.loads((folder / "rwlock").read_text(encoding="utf-8") or "{}")
        holders = [by for kind in held.values() for by in kind.values()]  # one that writes, or a list that read
        processes = {int(one["pid"]) for by in holders for one in (by if isinstance(by, list) else [by])}
    except FileNotFoundError:
        processes = set()
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return note("locks", f"{near(folder / 'rwlock')} cannot be read", "if no dvc runs, delete it")
    if alive := sorted(process for process in processes if psutil.pid_exists(process)):
        return note("locks", f"held by process {', '.join(map(str, alive))}", "another dvc runs here: wait for it")
    if processes:
        remedy = f"DVC frees them by itself; if it refuses, delete {near(folder / 'rwlock')}"
        return note("locks", "held by a process that is gone", remedy)
    return Finding("locks", "free")


def unwritable(folder: Path) -> str:
    """Why nothing can be written into a folder, or into the one that it would be made in; empty where it can be."""
    try:
        with tempfile.TemporaryFile(dir=existing(folder)):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def existing(folder: Path) -> Path:
    """A folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _contents(folder: Path) -> tuple[int, int]:
    sizes = []
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a run may be at work here
                sizes.append(Path(root, name).lstat().st_size)
    return len(sizes), sum(sizes)
