"""Every place that still holds a record: files here, DVC's cache and remotes, Git, models that were trained on it."""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from promptgan import git
from promptgan.lineage import cache, lock
from promptgan.lineage.hashes import md5_of
from promptgan.lineage.lock import lies_in
from promptgan.lineage.records.exclusion import Staying, Subject
from promptgan.lineage.records.known import Known
from promptgan.lineage.records.search import Search
from promptgan.lineage.records.traces import RAW, Traces, follow, is_data
from promptgan.lineage.records.versions import VALIDATED
from promptgan.quality import exclusions

OWN = "data/own"
RELEASES = "release"
WEIGHTS = {".safetensors", ".onnx", ".gguf", ".pt", ".bin", ".zip", ".gz", ".tar"}
"""Kinds of files of a release that have, or may have, weights in them."""
MADE_AGAIN = "reports"
"""Pages that a command makes again from the data."""
DOWNLOADS = Path(".dvc/tmp/downloads")
CHECKPOINTS = Path(".dvc/tmp/checkpoints")
TEMPORARY = Path(".dvc/tmp/exps")

How = Literal["holds it", "trained on it", "may hold it", "may be trained on it"]


@dataclass(frozen=True)
class Place:
    """One place, and what can be done about it."""

    kind: Literal["workspace", "cache", "remote", "Git", "elsewhere"]
    what: str
    """A path here, an output and the object that has its bytes, or words."""
    how: How
    note: str = ""
    """Which versions of the data or models it belongs to."""
    files: tuple[Path, ...] = ()
    """What to delete; a folder with all that is in it. Nothing, where this program does not delete it."""
    raw: bool = False
    """Whether it is the data as it came: without it, the next run has to get it again."""
    remedy: str = ""
    """How people get rid of it, where this program does not."""
    paths: tuple[str, ...] = ()
    """Of an object: the outputs, or files in them, whose bytes it has."""


def places(subject: Subject, staying: Staying, remembered: Known) -> list[Place]:
    """Look everywhere.

    Args:
        subject: the record, or the records of a group.
        staying: what of it other records have too.
        remembered: the runs that are known here.

    Returns:
        The workspace first, then cache, remotes, Git, and what is out of reach.
    """
    from dvc.repo import Repo

    repo = Repo(".")
    search = Search(subject.ids, staying.own, staying.shared)
    traces = follow(subject, search, remembered)
    return [
        *_workspace(search, traces),
        *_models(traces),
        *_packages(traces),
        *_unfinished(),
        *_cache(traces),
        *_remotes(repo, traces),
        *_git_history(search),
        *_elsewhere(traces),
    ]


def _workspace(search: Search, traces: Traces) -> Iterator[Place]:
    """Files here, by the output that they lie in."""
    outputs = {out.path: out.md5 for _, out in lock.read().outputs() if out.files is not None}
    held: dict[str, list[str]] = defaultdict(list)
    quoting = []
    for file in _files(Path()):
        found = search.look(file, is_data([file.as_posix()])) if file != exclusions.LIST else None
        where = next((folder for folder in outputs if lies_in(file.as_posix(), folder)), file.as_posix())
        if found == "it" and (where, outputs.get(where)) not in traces.without:
            held[where].append(file.name)
        elif found:
            quoting.append((where, file.as_posix()))
    if raw := sorted(name for name in set(traces.raw.values()) if Path(RAW, name).is_file()):
        held[RAW] = held[RAW] or raw
    for path, names in sorted(held.items()):
        note = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        if path in outputs:
            yield Place("workspace", path, "holds it", note, (Path(path),), raw=path == RAW)
        elif lies_in(path, MADE_AGAIN):
            yield Place("workspace", path, "holds it", files=(Path(path),))
        elif lies_in(path, RELEASES):
            yield Place("workspace", path, "holds it", remedy=f"delete it, and every copy of it: rm {path}")
        elif not lies_in(path, OWN):
            yield Place("workspace", path, "holds it", remedy="a file of yours: edit it, and commit if Git has it")
    yield from (_quote("workspace", path) for where, path in quoting if where not in held)


def _models(traces: Traces) -> Iterator[Place]:
    """Models here and in releases."""
    for _, out in lock.read().outputs():
        if Path(out.path).is_dir() and (out.path, out.md5) in traces.models:
            yield Place("workspace", out.path, "trained on it", "weights may remember", (Path(out.path),))
        elif Path(out.path).is_dir() and traces.doubtful.get((out.path, out.md5)):
            yield _doubtful("workspace", out.path)
    for path in _files(Path(RELEASES)):
        if path.suffix in WEIGHTS:
            known = md5_of(path) in traces.weights
            how: How = "trained on it" if known else "may be trained on it"
            note = "the very file of a model that was trained on it" if known else ""
            remedy = f"rm {path}; withdraw every published copy of it"
            yield Place("workspace", path.as_posix(), how, note, remedy=remedy)


def _packages(traces: Traces) -> Iterator[Place]:
    """Downloaded packages, and imported files: the data as it came, under its sha256."""
    for package in sorted(traces.packages):
        download = DOWNLOADS / package
        if download.is_file():
            yield Place("workspace", download.as_posix(), "holds it", "the downloaded package", (download,), raw=True)
        for path in sorted(Path(OWN, package).glob("*")):
            if path.is_file() and path.suffix != ".dvc" and path.name != ".gitignore":
                remedy = (
                    "import a version of your file without the record (`promptgan use local-text --path ...`), then"
                    f" `dvc remove {path}.dvc` and rm -r {path.parent}"
                )
                yield Place("workspace", path.as_posix(), "holds it", "your imported file", remedy=remedy, raw=True)


def _unfinished() -> Iterator[Place]:
    """What runs left behind that did not end."""
    for folder in sorted(path.parent for path in CHECKPOINTS.glob("*/state.pt")):
        note = "the state of a training that did not end"
        yield Place("workspace", folder.as_posix(), "may be trained on it", note, (folder,))
    for folder in sorted(path.parent for path in TEMPORARY.glob("*/*/data")):
        remedy = f"where that experiment no longer runs: rm -r {folder}"
        yield Place("workspace", folder.as_posix(), "may hold it", "an experiment's folder", remedy=remedy)


def _cache(traces: Traces) -> Iterator[Place]:
    owners, here = traces.owners, traces.objects
    imported = "".join(path.read_text("utf-8") for path in Path(OWN).glob("*/*.dvc"))
    for md5 in sorted(traces.files & here.keys(), key=owners.called):
        raw = md5 in traces.raw
        if md5 in imported:
            remedy = f"it is the imported file in {OWN}: see there"
            yield Place("cache", owners.called(md5), "holds it", owners.of(md5), raw=True, remedy=remedy)
        else:
            paths = tuple(owners.paths(md5))
            yield Place("cache", owners.called(md5), "holds it", owners.of(md5), (here[md5],), raw, paths=paths)
    for md5 in sorted((traces.weights & here.keys()) - traces.files, key=owners.called):
        paths = tuple(owners.paths(md5))
        yield Place("cache", owners.called(md5), "trained on it", owners.of(md5), (here[md5],), paths=paths)
    for (path, md5), weights in traces.doubtful.items():
        if weights & here.keys():
            yield _doubtful("cache", f"{path} {md5[:2]}/{md5[2:]}")
    yield from (_quote("cache", owners.called(md5)) for md5 in sorted(traces.quoting, key=owners.called))


def _remotes(repo: Any, traces: Traces) -> Iterator[Place]:
    owners = traces.owners
    wanted = sorted(traces.files | traces.weights, key=owners.called)
    for name, settings in sorted(repo.config["remote"].items()):
        url = str(settings["url"])
        if "://" in url and not url.startswith("file://"):
            objects = ", ".join(f"files/md5/{md5[:2]}/{md5[2:]}" for md5 in wanted)
            note = f"up to {len(wanted)} objects; not asked"
            remedy = f"delete these with the store's own tools, and their old versions: {objects}"
            yield Place("remote", f"{name} ({url})", "may hold it", note, remedy=remedy)
            continue
        for md5 in wanted:
            path = cache.place(Path(url.removeprefix("file://")), md5)
            if path.is_file():
                how: How = "holds it" if md5 in traces.files else "trained on it"
                raw = md5 in traces.raw
                paths = tuple(owners.paths(md5))
                yield Place("remote", f"{name}: {owners.called(md5)}", how, owners.of(md5), (path,), raw, paths=paths)


def _git_history(search: Search) -> Iterator[Place]:
    """Commits that brought or took away the record's words."""
    found: dict[str, None] = {}
    for side in search.own:
        found |= dict.fromkeys(git.text_if_any("log", "--all", "--format=%h", f"-S{side}").split())
    if found:
        commits = ", ".join([*found][:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")
        yield Place(
            "Git", f"commit {commits}", "holds it", "adds or removes words of it",
            remedy="rewrite the history (`git filter-repo --replace-text`); every clone has to be made anew",
        )  # fmt: skip


def _elsewhere(traces: Traces) -> Iterator[Place]:
    for source in sorted(set(traces.packages.values())):
        if source.startswith("local "):
            what, remedy = "the original of your imported file", "delete the record there too"
        else:
            what, remedy = f"{source}, where it is published", "ask those who publish it"
        yield Place("elsewhere", what, "holds it", remedy=remedy)
    what = "other clones, their caches, backups, published copies of models and pages"
    yield Place("elsewhere", what, "may hold it", remedy="pull the exclusion list and run this command there")


def _quote(kind: Literal["workspace", "cache"], what: str) -> Place:
    note = "words of it that other records, which stay, have too, or that were made without it"
    return Place(kind, what, "may hold it", note, remedy="look at it")


def _doubtful(kind: Literal["workspace", "cache"], what: str) -> Place:
    note = "the data that it was trained on is not here"
    remedy = f"`dvc fetch --all-commits {VALIDATED}`, then ask again"
    return Place(kind, what, "may be trained on it", note, remedy=remedy)


def _files(top: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(top):
        below[:] = sorted(name for name in below if not name.startswith(".") and name != "__pycache__")
        yield from (path for name in sorted(names) if (path := Path(folder, name)).is_file() and not path.is_symlink())
