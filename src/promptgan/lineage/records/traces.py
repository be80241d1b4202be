"""The way of a record through everything that runs made: which objects hold it, which models were trained on it."""

import json
from collections.abc import Iterable
from pathlib import Path

from promptgan.core.progress import Progress
from promptgan.lineage import cache
from promptgan.lineage.evidence import PROVENANCE, RAW, VALIDATED
from promptgan.lineage.hashes import md5_of
from promptgan.lineage.lock import lies_in
from promptgan.lineage.records import listed
from promptgan.lineage.records.known import Known, Output, Run
from promptgan.lineage.records.search import Search
from promptgan.quality.exclusions import LIST

MODELS = "models"
FITTED_ON = {"models/judges": "judge"}
"""The split that a model is fitted on, where that is not train."""
SETTINGS = {"index.json", "run.json"}
"""Files of a model folder that training did not make."""


class Traces:
    """Where records went: found in every object of the cache, then followed both ways from the data that holds them.

    Args:
        data: the data set of the records.
        search: what to look for.
        known: the runs that are remembered here.
    """

    def __init__(self, data: str, search: Search, known: Known) -> None:
        paths = sorted(cache.folder().absolute().glob("files/md5/??/*"))
        self.known = known
        self.objects = {path.parent.name + path.name: path for path in paths if len(path.name) == 30}
        """Every file object of DVC's cache, by md5."""
        searched = set()
        with Progress("objects of the cache", len(self.objects)) as progress:
            for md5, path in self.objects.items():
                if search.finds(path):
                    searched.add(md5)
                progress.advance()
        splits: dict[str, set[str]] = {}
        lost, there, raw_folders = set(), set(), set()
        for run in known.runs:
            out, source = run.stage.output(VALIDATED), run.stage.input(RAW)
            if out is None or run.stage.data != data:
                continue
            files, excluded = cache.listing(out.md5), _excluded_in(run, search.ids)
            if held := {Path(name).stem for name, md5 in (files or {}).items() if md5 in searched}:
                splits[out.md5] = held
            elif not excluded and (files is None or set(files.values()) - self.objects.keys()):
                lost.add(out.md5)
            if out.md5 not in lost:
                there.add(out.md5)
            if source and (held or excluded):  # what is excluded was in the package
                raw_folders.add(source.md5)
        self.raw: dict[str, str] = {}
        """The name of each file of data/raw that holds them, by its md5."""
        self.packages: dict[str, str] = {}
        """What data/raw came from: its source, by the sha256 of the package."""
        for folder in raw_folders:
            files = cache.listing(folder) or {}
            names = {md5: name for name, md5 in files.items() if name != PROVENANCE}
            self.raw |= {md5: name for md5, name in names.items() if md5 in searched} or names
            self.packages |= _package(cache.find(files.get(PROVENANCE, "missing")))
        self.models: set[Output] = {
            (path, made)
            for md5, held in splits.items()
            for path, made in known.made_from({md5})
            if lies_in(path, MODELS) and FITTED_ON.get(path, "train") in held
        }
        """What was trained on them."""
        reached = known.made_from(set(splits))
        self.without = known.made_from(there - splits.keys()) - reached
        """What was made from data that does not hold them: the same words in it are a coincidence."""
        self.files = (searched - (_members(self.without) - _members(reached))) | self.raw.keys()
        """The objects that hold them."""
        self.weights = self._weights(self.models)
        """The files of `models` that training made."""
        doubtful = known.made_from(lost) - known.made_from(there) - self.models
        self.doubtful = {model: self._weights({model}) for model in sorted(doubtful) if lies_in(model[0], MODELS)}
        """Models whose version of the data is not here, so that nobody can tell, with their weights."""

    def _weights(self, models: set[Output]) -> set[str]:
        """The files of these folders that no other output has: a tokenizer may be the same without the record."""
        own: set[str] = set()
        others: set[str] = set()
        for run in self.known.runs:
            for out in run.stage.outputs:
                files = cache.listing(out.md5) or {}
                learnt = {md5 for name, md5 in files.items() if name not in SETTINGS}
                (own if (out.path, out.md5) in models else others).update(learnt)
        return own - others


def _excluded_in(run: Run, ids: Iterable[str]) -> bool:
    """Whether the exclusion list that this run used, if it is here or in Git, names one of the records."""
    used = run.stage.input(LIST.as_posix())
    here = used is not None and used.md5 == md5_of(LIST)
    if used is None or not (here or run.commit):
        return False
    rows = listed.read(None if here else run.commit)
    return any((run.stage.data, identifier) in rows for identifier in ids)


def _members(outputs: set[Output]) -> set[str]:
    return {md5 for _, folder in outputs for md5 in (cache.listing(folder) or {}).values()}


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
