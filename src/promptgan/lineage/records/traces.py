"""The way of a record through everything that runs made: which objects hold it, which models were trained on it."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from promptgan.lineage import cache, lock
from promptgan.lineage.hashes import md5_of
from promptgan.lineage.lock import lies_in
from promptgan.lineage.records.exclusion import Subject
from promptgan.lineage.records.known import RUN_CACHE, Known, Run
from promptgan.lineage.records.search import Search
from promptgan.lineage.records.versions import VALIDATED
from promptgan.quality import exclusions

DATA = "data"
RAW = "data/raw"
PROVENANCE = "provenance.json"
MODELS = "models"
FITTED_ON = {"models/judges": "judge"}
"""The split that a model is fitted on, where that is not train."""
SETTINGS = {"index.json", "run.json"}
"""Files of a model folder that training did not make."""

Output = tuple[str, str]
"""Path and md5."""


@dataclass(frozen=True)
class Traces:
    """Where a record went, by md5."""

    objects: dict[str, Path]
    """Every file object of DVC's cache."""
    owners: "Owners"
    files: frozenset[str]
    """Files with the record in them: found in the cache, or following from its way."""
    quoting: frozenset[str]
    """Files in the cache with words of it, which other records have too or which were made without it."""
    without: frozenset[Output]
    """What was made from data that does not hold it: the same words in it are a coincidence."""
    raw: dict[str, str]
    """The name of each file of data/raw that holds it, by its md5: a name has other bytes in another version."""
    packages: dict[str, str]
    """What data/raw came from: its source, by the sha256 of the package."""
    models: frozenset[Output]
    """What was trained on it."""
    weights: frozenset[str]
    """The files of `models` that training made; not those that other outputs have too."""
    doubtful: dict[Output, frozenset[str]]
    """Models whose version of the data is not here, so that nobody can tell, with their weights."""


class Owners:
    """Which outputs have an object's bytes, and who remembers them."""

    def __init__(self, remembered: Known) -> None:
        self._names: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for run in remembered.runs:
            for out in run.outputs:
                files = cache.listing(out.md5)
                members = {out.path: out.md5} if files is None else {f"{out.path}/{n}": m for n, m in files.items()}
                for path, md5 in members.items():
                    names = self._names[md5].setdefault(path, [])
                    names += [name for name in run.names if name not in names]

    def paths(self, md5: str) -> list[str]:
        """The outputs, or the files in them; none where no run is known that made it."""
        return sorted(self._names.get(md5, {}))

    def called(self, md5: str) -> str:
        """How people find it: its paths and the place in a cache or remote."""
        return f"{', '.join(self.paths(md5)) or '(in no lock)'} {md5[:2]}/{md5[2:]}"

    def of(self, md5: str) -> str:
        """Who remembers it, as a note; the run-cache where nobody else does."""
        names = dict.fromkeys(name for known_as in self._names.get(md5, {}).values() for name in known_as)
        shown = [name for name in names if name != RUN_CACHE] or [*names]
        more = f" and {len(shown) - 4} more" if len(shown) > 4 else ""
        return f"of {', '.join(shown[:4])}{more}" if shown else ""


def follow(subject: Subject, search: Search, remembered: Known) -> Traces:
    """Look into every object of the cache, then go from the versions of the data that hold the record both ways.

    Args:
        subject: the record.
        search: what to look for.
        remembered: the runs that are known here.
    """
    paths = sorted(cache.folder().absolute().glob("files/md5/??/*"))
    objects = {path.parent.name + path.name: path for path in paths if len(path.name) == 30}
    owners = Owners(remembered)
    seen = {md5: search.look(path, is_data(owners.paths(md5))) for md5, path in objects.items()}
    searched = {md5 for md5, found in seen.items() if found == "it"}
    splits: dict[str, set[str]] = {}
    lost, there, raw_folders = set(), set(), set()
    for run in remembered.runs:
        out, source = run.output(VALIDATED), run.input(RAW)
        if out is None or run.data != subject.data:
            continue
        files = cache.listing(out.md5)
        excluded = _excluded_in(run, subject)
        if held := {Path(name).stem for name, md5 in (files or {}).items() if md5 in searched}:
            splits[out.md5] = held
        elif not excluded and (files is None or set(files.values()) - objects.keys()):
            lost.add(out.md5)
        if out.md5 not in lost:
            there.add(out.md5)
        if source and (held or excluded):  # what is excluded was in the package
            raw_folders.add(source.md5)
    raw: dict[str, str] = {}
    packages: dict[str, str] = {}
    for folder in raw_folders:
        files = cache.listing(folder) or {}
        members = {md5: name for name, md5 in files.items() if name != PROVENANCE}
        raw |= {md5: name for md5, name in members.items() if md5 in searched} or members
        packages |= _package(cache.find(files.get(PROVENANCE, "missing")))
    models: set[Output] = {
        (path, made)
        for md5, held in splits.items()
        for path, made in remembered.made_from({md5})
        if lies_in(path, MODELS) and FITTED_ON.get(path, "train") in held
    }
    doubtful = remembered.made_from(lost) - remembered.made_from(there) - models
    reached = remembered.made_from(set(splits))
    without = remembered.made_from(there - splits.keys()) - reached
    holding = (searched - (_members(without) - _members(reached))) | raw.keys()
    return Traces(
        objects=objects,
        owners=owners,
        files=frozenset(holding),
        quoting=frozenset(md5 for md5, found in seen.items() if found and md5 not in holding),
        without=frozenset(without),
        raw=raw,
        packages=packages,
        models=frozenset(models),
        weights=_weights(models, remembered),
        doubtful={m: _weights({m}, remembered) for m in sorted(doubtful) if lies_in(m[0], MODELS)},
    )


def is_data(paths: Iterable[str]) -> bool:
    """Whether a file that lies at these paths is data; one that no lock knows counts as that."""
    return all(lies_in(path, DATA) for path in paths)


def _excluded_in(run: Run, subject: Subject) -> bool:
    """Whether the exclusion list that this run used names the subject."""
    used = run.input(exclusions.LIST.as_posix())
    if used is None:
        return False
    if used.md5 == md5_of(exclusions.LIST):
        return bool(subject.listed)
    try:
        content = lock.at_revision(exclusions.LIST, run.commit) if run.commit else b""
    except lock.RevisionUnknown:
        return False
    return any(identifier.encode() in content for identifier in subject.ids)


def _members(outputs: set[Output]) -> set[str]:
    return {md5 for _, folder in outputs for md5 in (cache.listing(folder) or {}).values()}


def _weights(models: Iterable[Output], remembered: Known) -> frozenset[str]:
    """The files of these folders that no other output has: a tokenizer may be the same without the record."""
    own: set[str] = set()
    others: set[str] = set()
    for run in remembered.runs:
        for out in run.outputs:
            files = cache.listing(out.md5) or {}
            learnt = {md5 for name, md5 in files.items() if name not in SETTINGS}
            (own if (out.path, out.md5) in models else others).update(learnt)
    return frozenset(own - others)


def _package(provenance: Path | None) -> dict[str, str]:
    """The source that a provenance.json names, by the sha256 of its package; nothing where it cannot be read."""
    if provenance is None:
        return {}
    try:
        source = json.loads(provenance.read_bytes())["source"]
        named = [source[key] for key in ("kind", "name", "version", "url", "file") if key in source]
        return {source["sha256"]: " ".join(map(str, named))}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
