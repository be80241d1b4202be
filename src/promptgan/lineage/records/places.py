"""Every place that still holds a record: files here, DVC's cache and remotes, Git, models that were trained on it."""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from promptgan import git
from promptgan.core.store import main_repository
from promptgan.lineage import cache, lock
from promptgan.lineage.counting import few
from promptgan.lineage.evidence import RAW, VALIDATED
from promptgan.lineage.hashes import md5_of
from promptgan.lineage.lock import lies_in
from promptgan.lineage.records.search import Search
from promptgan.lineage.records.traces import MODELS, Traces
from promptgan.quality.exclusions import LIST

OWN, RELEASES, MADE_AGAIN = "data/own", "release", "reports"
"""Imported files; released folders; pages that a command makes again from the data."""
WEIGHTS = {".safetensors", ".onnx", ".gguf", ".pt", ".bin", ".zip", ".gz", ".tar"}
"""Kinds of files of a release that have, or may have, weights in them."""
TEMPORARY = Path(".dvc/tmp")
SHOWN = 8
HOLDS, TRAINED, MAY_HOLD, MAY_BE_TRAINED = "holds it", "trained on it", "may hold it", "may be trained on it"


@dataclass(frozen=True)
class Place:
    """One place, and what can be done about it."""

    kind: str
    """workspace, cache, remote, Git or elsewhere."""
    what: str
    """A path here, an output and the object that has its bytes, or words."""
    how: str
    """How it holds the record."""
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


def places(search: Search, traces: Traces) -> list[Place]:
    """Look everywhere: the workspace first, then cache, remotes, Git, and what is out of reach."""
    return [
        *_workspace(search, traces),
        *_models(traces),
        *_packages(traces),
        *_unfinished(),
        *_cache(traces),
        *_remotes(traces),
        *_git_history(search),
        *_elsewhere(traces),
    ]


def _workspace(search: Search, traces: Traces) -> Iterator[Place]:
    """Files here, by the output that they lie in."""
    outputs = {out.path: out.md5 for _, out in lock.read().outputs() if out.files is not None}
    held: dict[str, list[str]] = defaultdict(list)
    for file in _files(Path()):
        if file == LIST or not search.finds(file):
            continue
        where = next((folder for folder in outputs if lies_in(file.as_posix(), folder)), file.as_posix())
        if (where, outputs.get(where)) in traces.without:
            note = "words of it, though it was made without it"
            yield Place("workspace", file.as_posix(), MAY_HOLD, note, remedy="look at it")
        else:
            held[where].append(file.name)
    if raw := sorted(name for name in set(traces.raw.values()) if Path(RAW, name).is_file()):
        held[RAW] = held[RAW] or raw
    for path, names in sorted(held.items()):
        if path in outputs:
            yield Place("workspace", path, HOLDS, few(names, SHOWN), (Path(path),), raw=path == RAW)
        elif lies_in(path, MADE_AGAIN):
            yield Place("workspace", path, HOLDS, files=(Path(path),))
        elif lies_in(path, RELEASES):
            yield Place("workspace", path, HOLDS, remedy=f"delete it, and every copy of it: rm {path}")
        elif not lies_in(path, OWN):
            yield Place("workspace", path, HOLDS, remedy="a file of yours: edit it, and commit if Git has it")


def _models(traces: Traces) -> Iterator[Place]:
    """Models here, copies of them that were promoted, and releases."""
    locked = lock.read()
    for _, out in locked.outputs():
        if Path(out.path).is_dir() and (out.path, out.md5) in traces.models:
            yield Place("workspace", out.path, TRAINED, "weights may remember", (Path(out.path),))
        elif Path(out.path).is_dir() and traces.doubtful.get((out.path, out.md5)):
            yield _doubtful("workspace", out.path)
    copies = (path for path in _files(Path(MODELS)) if not locked.producer(path.as_posix()))
    for path in (path for path in (*_files(Path(RELEASES)), *copies) if path.suffix in WEIGHTS):
        known = (md5 := md5_of(path)) in traces.weights
        if known or lies_in(path.as_posix(), RELEASES) or any(md5 in each for each in traces.doubtful.values()):
            note = "the very file of a model that was trained on it" if known else ""
            remedy = f"rm {path}; withdraw every published copy of it"
            if lies_in(path.as_posix(), MODELS):
                remedy = f"promote a version without it, or rm -r {path.parent}; stop what serves it"
            yield Place("workspace", path.as_posix(), TRAINED if known else MAY_BE_TRAINED, note, remedy=remedy)


def _packages(traces: Traces) -> Iterator[Place]:
    """Downloaded packages, and imported files: the data as it came, under its sha256."""
    for package in sorted(traces.packages):
        for download in (root / TEMPORARY / "downloads" / package for root in _stores()):
            if download.is_file():
                yield Place("workspace", download.as_posix(), HOLDS, "the downloaded package", (download,), raw=True)
        for path in (path for root in _stores() for path in sorted(root.glob(f"{OWN}/{package}/*"))):
            if path.is_file() and path.suffix != ".dvc" and path.name != ".gitignore":
                remedy = (
                    "import a version of your file without the record (`promptgan use RECIPE --path ...`, or `promptgan"
                    " feedback export` where that made it), then"
                    f" `dvc remove {path}.dvc` and rm -r {path.parent}"
                )
                yield Place("workspace", path.as_posix(), HOLDS, "your imported file", remedy=remedy, raw=True)


def _unfinished() -> Iterator[Place]:
    """What runs left behind that did not end."""
    for folder in (
        path.parent for root in _stores() for path in sorted(root.glob(f"{TEMPORARY}/checkpoints/*/state.pt"))
    ):
        yield Place("workspace", folder.as_posix(), MAY_BE_TRAINED, "a training that did not end", (folder,))
    for folder in sorted(path.parent for path in TEMPORARY.glob("exps/*/*/data")):
        remedy = f"where that experiment no longer runs: rm -r {folder}"
        yield Place("workspace", folder.as_posix(), MAY_HOLD, "an experiment's folder", remedy=remedy)


def _cache(traces: Traces) -> Iterator[Place]:
    imported = "".join(path.read_text("utf-8") for root in _stores() for path in root.glob(f"{OWN}/*/*.dvc"))
    for md5 in sorted((traces.files | traces.weights) & traces.objects.keys(), key=traces.known.called):
        if md5 in imported:
            called, who = traces.known.called(md5), traces.known.who(md5)
            yield Place("cache", called, HOLDS, who, raw=True, remedy=f"it is the imported file in {OWN}: see there")
        else:
            yield _object("cache", "", md5, traces.objects[md5], traces)
    for (path, md5), weights in traces.doubtful.items():
        if weights & traces.objects.keys():
            yield _doubtful("cache", f"{path} {md5[:2]}/{md5[2:]}")


def _remotes(traces: Traces) -> Iterator[Place]:
    from dvc.repo import Repo

    wanted = sorted(traces.files | traces.weights, key=traces.known.called)
    for name, settings in sorted(Repo(".").config["remote"].items()):
        url = str(settings["url"])
        if "://" in url and not url.startswith("file://"):
            objects = ", ".join(f"files/md5/{md5[:2]}/{md5[2:]}" for md5 in wanted)
            note = f"up to {len(wanted)} objects; not asked"
            remedy = f"delete these with the store's own tools, and their old versions: {objects}"
            yield Place("remote", f"{name} ({url})", MAY_HOLD, note, remedy=remedy)
            continue
        found = {md5: cache.place(Path(url.removeprefix("file://")), md5) for md5 in wanted}
        yield from (_object("remote", f"{name}: ", md5, p, traces) for md5, p in found.items() if p.is_file())


def _object(kind: str, prefix: str, md5: str, path: Path, traces: Traces) -> Place:
    """An object of the cache or of a remote that may be deleted."""
    how, known = HOLDS if md5 in traces.files else TRAINED, traces.known
    paths = tuple(known.paths(md5))
    return Place(kind, prefix + known.called(md5), how, known.who(md5), (path,), md5 in traces.raw, paths=paths)


def _git_history(search: Search) -> Iterator[Place]:
    """Commits that brought or took away the record's words."""
    found: dict[str, None] = {}
    for phrase in search.phrases:
        found |= dict.fromkeys(git.text_if_any("log", "--all", "--format=%h", f"-S{phrase}").split())
    if found:
        remedy = "rewrite the history (`git filter-repo --replace-text`); every clone has to be made anew"
        yield Place("Git", f"commit {few([*found], SHOWN)}", HOLDS, "adds or removes words of it", remedy=remedy)


def _elsewhere(traces: Traces) -> Iterator[Place]:
    for source in sorted(set(traces.packages.values())):
        if source.startswith("local "):
            what, remedy = "the original of your imported file", "delete the record there too"
        else:
            what, remedy = f"{source}, where it is published", "ask those who publish it"
        yield Place("elsewhere", what, HOLDS, remedy=remedy)
    what = "other clones, their caches, backups, published copies of models and pages"
    yield Place("elsewhere", what, MAY_HOLD, remedy="pull the exclusion list and run this command there")


def _doubtful(kind: str, what: str) -> Place:
    remedy = f"`dvc fetch --all-commits {VALIDATED}`, then ask again"
    return Place(kind, what, MAY_BE_TRAINED, "the data that it was trained on is not here", remedy=remedy)


def _stores() -> list[Path]:
    """Where packages, imported files and checkpoints are kept: here and, of a Git work tree, in the main one."""
    main = main_repository()
    return [Path()] if main == Path.cwd().resolve() else [Path(), main]


def _files(top: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(top):
        below[:] = sorted(name for name in below if not name.startswith(".") and name != "__pycache__")
        yield from (path for name in sorted(names) if (path := Path(folder, name)).is_file() and not path.is_symlink())
