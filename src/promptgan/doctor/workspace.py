"""DVC's cache, the outputs that dvc.lock names, and what interrupted runs have left."""

import fcntl
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from promptgan.doctor.finding import Finding, near, note, problem, size
from promptgan.lineage import cache as cache_of_dvc
from promptgan.lineage import lock
from promptgan.lineage.counting import counted
from promptgan.lineage.records import listed

if TYPE_CHECKING:
    from dvc.repo import Repo

SHOWN = 3
"""Outputs that a line names."""


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


def outputs() -> list[Finding]:
    """Whether what dvc.lock names is here, in its place or in the cache; and whether the cache has all that is here."""
    try:
        locked = lock.read()
    except lock.LockUnreadable as error:
        if not lock.LOCK.exists():
            return [note("outputs", "no dvc.lock: nothing has run here", "make run")]
        return [problem("outputs", error.problem, error.remedy)]
    expected = [file for _, file in locked.outputs()]
    gone = [file for file in expected if not Path(file.path).exists()]
    tracked = [file.path for file in gone if file.path in locked.in_git]
    lost = [file for file in gone if file.path not in tracked and not cache_of_dvc.holds(file)]
    found = f"{len(gone)} of the {len(expected)} of dvc.lock are missing: {_named(gone)}"
    if not gone:
        first = Finding("outputs", f"all {len(expected)} of dvc.lock are here")
    else:
        lacks = f"; the cache lacks {len(lost)} of these" if 0 < len(lost) < len(gone) else ""
        ways = [f"`git checkout {' '.join(tracked)}`"] if tracked else []
        if lost:
            ways.append("`dvc pull` where the remote has them; `make run` makes them anew")
        elif len(tracked) < len(gone):
            ways.append("`dvc checkout` takes them from the cache")
        first = note("outputs", found + lacks, "; ".join(ways))
    here = [file for file in expected if file.path not in locked.in_git and Path(file.path).exists()]
    lacking = [file for file in here if not cache_of_dvc.holds(file)]
    if not lacking:
        return [first, Finding("kept", f"all {len(here)} outputs that are here and not in Git are in the cache too")]
    found = f"{len(lacking)} of {len(here)} outputs are here and not, or not wholly, in the cache: {_named(lacking)}"
    remedy = "`dvc commit` puts them there; without that, the next run that writes them loses them"
    return [first, note("kept", found, remedy)]


def exclusions() -> Finding:
    """Whether the exclusion list still has every record that HEAD's has."""
    if found := listed.admitted_again():
        return note("exclusions", *found)
    return Finding("exclusions", f"{counted(len(listed.read()))} excluded")


def checkpoints(folder: Path) -> Finding:
    """Trainings that were interrupted; ``folder`` is DVC's temporary one."""
    saved = sorted(folder.glob("checkpoints/*/state.pt"))
    if not saved:
        return Finding("checkpoints", "no interrupted training")
    stages = ", ".join(sorted({path.parent.name.rpartition("-")[0] for path in saved}))
    found = f"{len(saved)} of interrupted trainings ({stages}), {size(sum(path.stat().st_size for path in saved))}"
    return note("checkpoints", found, "`make run` goes on from the one that fits; deleting it costs only time")


def experiments(folder: Path) -> Finding:
    """Copies of the repository that experiments work in; ``folder`` is DVC's temporary one."""
    copies = [path.parent for depth in ("*", "*/*") for path in folder.glob(f"exps/{depth}/dvc.yaml")]
    if not copies:
        return Finding("experiments", "no copy left")
    found = f"{len(copies)} copies in {near(folder / 'exps')}, {size(sum(_contents(copy)[1] for copy in copies))}"
    if _is_locked(folder / "exps/compare/lock"):
        return note("experiments", f"{found}; `promptgan compare` is running", "wait for it: it deletes its copies")
    return note("experiments", found, "`dvc queue status`: if none runs, delete the copies")


def searches(folder: Path) -> Finding:
    """Copies and checkpoints of trials that no search works on any more; ``folder`` is DVC's temporary one."""
    there = folder / "search"
    left = [path for kind in ("repository*", "checkpoints") for path in there.glob(f"*/t*/{kind}")]
    running = {path.name for path in there.glob("*") if _is_locked(path / "lock")}
    left = [path for path in left if path.parents[1].name not in running]
    at_work = f"running: {', '.join(sorted(running))}" if running else ""
    if not left:
        return Finding("searches", at_work or "nothing left of a trial")
    studies = ", ".join(sorted({path.parents[1].name for path in left}))
    found = f"trials of {studies} that were stopped, {size(sum(_contents(path)[1] for path in left))}"
    place = near(there / "NAME")
    remedy = f"`promptgan search` with its file goes on from there; `rm -r {place} {place}.db` forgets a study"
    return note("searches", "; ".join(filter(None, (found, at_work))), remedy)


def locks(folder: Path) -> Finding:
    """Processes that hold DVC's locks, and what is left of such; ``folder`` is DVC's temporary one."""
    holders = set()
    try:
        held = json.loads((folder / "rwlock").read_text(encoding="utf-8") or "{}")
        by = [each for kind in held.values() for each in kind.values()]  # one that writes, or a list that read
        holders = {int(one["pid"]) for each in by for one in (each if isinstance(each, list) else [each])}
    except FileNotFoundError:
        pass
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return note("locks", f"{near(folder / 'rwlock')} cannot be read", "if no dvc runs, delete it")
    alive = sorted(process for process in holders if psutil.pid_exists(process))
    if alive or _is_locked(folder / "lock"):
        who = f"process {', '.join(map(str, alive))}" if alive else "another dvc"
        return note("locks", f"held by {who}", "another dvc runs here: wait for it")
    if holders:
        remedy = f"DVC frees them by itself; if it refuses, delete {near(folder / 'rwlock')}"
        return note("locks", "held by a process that is gone", remedy)
    return Finding("locks", "free")


def _is_locked(path: Path) -> bool:
    """Whether a process holds the lock of a file; it is free when that process is dead."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is none
        pass
    return False


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


def _named(files: list[lock.File]) -> str:
    return ", ".join(file.path for file in files[:SHOWN]) + (" ..." if len(files) > SHOWN else "")


def _contents(folder: Path) -> tuple[int, int]:
    sizes = []
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a run may be at work here
                sizes.append(Path(root, name).lstat().st_size)
    return len(sizes), sum(sizes)
