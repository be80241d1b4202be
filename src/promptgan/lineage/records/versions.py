"""The validated records as they are here, or as they were at a Git revision or in a DVC experiment."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan import git
from promptgan.core.errors import PromptganError, nearest
from promptgan.lineage import cache, lock, references
from promptgan.lineage.records import listed
from promptgan.quality import exclusions

if TYPE_CHECKING:
    import pandas as pd

VALIDATED = "data/validated"
METRICS = Path("metrics/validation.json")
SPLITS = ("train", "val", "test", "judge")
QUARANTINE = "quarantine"
WORKSPACE = "workspace"
FOLDER = "it"
"""What is missing where the cache has not even the listing of the folder."""


class NothingValidated(PromptganError):
    """The lock has no validated data: the stage has not run there."""


class NotInCache(PromptganError):
    """The lock names the records, but DVC's cache does not hold them: never pulled, or deleted since."""

    def __init__(self, name: str, missing: str, withdrawn: int = 0) -> None:
        fetch = f"run `dvc fetch --all-commits {VALIDATED}`"
        if name == WORKSPACE:
            remedy = "run `make validate`"
        elif withdrawn:  # making it again would bring back what somebody wanted to be gone
            they_were = "it was" if withdrawn == 1 else "they were"
            remedy = (
                f"{exclusions.LIST} here lists {listed.counted(withdrawn)} that {name}'s does not: if {they_were}"
                f" purged, {name}'s data went with that and there is nothing to compare with"
            )
            if missing == FOLDER:
                remedy += f"; if it was only never here, {fetch}"
        else:
            remedy = f"{fetch}; where no remote has it, check {name} out and run `make validate`, then come back"
        super().__init__(f"{VALIDATED} of {name}: DVC's cache does not hold {missing}", remedy)
        self.withdrawn = withdrawn


class TableUnreadable(PromptganError):
    """A file of the validated data is not the Parquet table that the stage writes."""


@dataclass(frozen=True)
class Version:
    """One version of the validated data."""

    name: str
    """What it was asked for by: a revision, or `workspace`."""
    stage: lock.Stage
    """The run of the stage validate that made it."""
    title: str
    """Of the data and its version, as metrics/validation.json has it; empty where that cannot be read."""
    excluded: frozenset[str]
    """Ids that data/excluded.csv lists for the data set there."""
    tables: dict[str, Path]
    """The Parquet file of each split and of quarantine."""

    @property
    def md5(self) -> str:
        """Of the folder, as dvc.lock has it."""
        return next(out.md5 for out in self.stage.outputs if out.path == VALIDATED)

    @property
    def data(self) -> str:
        """The data set: `data.name` when it was validated."""
        return _data(self.stage)


def read(revision: str | None = None) -> Version:
    """Find the validated data of this folder, or of a revision in DVC's cache.

    Args:
        revision: a commit, branch, tag or DVC experiment; the workspace where None.

    Raises:
        RevisionUnknown: Git does not know the revision, or it has no dvc.lock.
        LockUnreadable: its dvc.lock is not what DVC writes.
        NothingValidated: the stage validate has not run there.
        NotInCache: the files are not here.
    """
    name = revision or WORKSPACE
    commit = resolve(revision) if revision else None
    locked = lock.read(commit)
    stage = locked.producer(VALIDATED)
    if stage is None:
        raise NothingValidated(f"{name}: its dvc.lock has no {VALIDATED}", "run `make validate` there first")
    md5 = next(out.md5 for out in stage.outputs if out.path == VALIDATED)
    if revision is None and Path(VALIDATED).is_dir():
        tables = {table: Path(VALIDATED, f"{table}.parquet") for table in (*SPLITS, QUARANTINE)}
        if missing := [path for path in tables.values() if not path.is_file()]:
            raise NothingValidated(f"{missing[0]} is not there", "run `dvc checkout`, or `make validate`")
    else:
        tables = _cached(md5, name, listed.withdrawn_since(commit, _data(stage)) if commit else 0)
    excluded = frozenset(identifier for data, identifier in listed.read(commit) if data == _data(stage))
    return Version(name, stage, _title(commit), excluded, tables)


def resolve(revision: str) -> str:
    """A revision as Git understands it; a DVC experiment is also known by its name alone.

    Raises:
        RevisionUnknown: there is none; names the nearest branch, tag or experiment.
    """
    if git.text_if_any("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"):
        return revision
    found = git.text_if_any("for-each-ref", "--format=%(refname)").split()
    experiments = {name: each for each in found if (name := references.experiment(each))}
    if revision in experiments:
        return experiments[revision]
    known = [references.name(each) for each in found if not references.is_note(each)]
    raise lock.RevisionUnknown(
        f"{revision}: no such commit, branch, tag or experiment{nearest(revision, known)}",
        "`git log -- dvc.lock` and `dvc exp list` show those that there are",
    )


def records(version: Version) -> "pd.DataFrame":
    """All records of a version.

    Returns:
        id, group, prompt, text, and label where the data set has one, as validated, in quarantine as they came; split;
        rule and reason, which only quarantined rows have. One row a record.

    Raises:
        TableUnreadable: a file is damaged or lacks a column.
    """
    return concatenated(version.tables, version.name)


def concatenated(tables: dict[str, Path], name: str) -> "pd.DataFrame":
    """What `records` returns, of any of the tables of a version; ``name`` is what an error calls it.

    Raises:
        TableUnreadable: a file is damaged or lacks a column.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    frames = []
    for split, path in tables.items():
        try:
            frame: pd.DataFrame = pq.read_table(path).to_pandas()
        except (OSError, pa.ArrowInvalid) as error:
            raise TableUnreadable(
                f"{split} of {name} ({path}): {' '.join(str(error).split())[:200]}",
                "restore it with `dvc checkout`, or run `make validate`",
            ) from error
        if lacking := {"id", "group", "prompt", "text"} - set(frame):
            raise TableUnreadable(f"{split} of {name} ({path}) lacks the column {min(lacking)}", "run `make validate`")
        frames.append(frame.assign(split=split))
    together = pd.concat(frames, ignore_index=True)
    return together.reindex(columns=list(dict.fromkeys([*together.columns, "rule", "reason"])))


def _cached(md5: str, name: str, withdrawn: int) -> dict[str, Path]:
    files = cache.listing(md5)
    if files is None:
        raise NotInCache(name, FOLDER, withdrawn)
    tables = {}
    for table in (*SPLITS, QUARANTINE):
        path = cache.find(files.get(f"{table}.parquet", "missing"))
        if path is None:
            raise NotInCache(name, f"its {table}.parquet", withdrawn)
        tables[table] = path
    return tables


def _data(stage: lock.Stage) -> str:
    return str(stage.parameters.get("data", {}).get("name", ""))


def _title(commit: str | None) -> str:
    try:
        content = lock.at_revision(METRICS, commit) if commit else METRICS.read_bytes()
        return str(json.loads(content)["data"]["title"])
    except (OSError, ValueError, TypeError, KeyError, lock.RevisionUnknown):
        return ""
