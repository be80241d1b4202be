"""The validated records as they are here, or as they were at a Git revision or in a DVC experiment."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan import base, git
from promptgan.lineage import cache, lock
from promptgan.quality import exclusions

if TYPE_CHECKING:
    import pandas as pd

VALIDATED = "data/validated"
METRICS = Path("metrics/validation.json")
SPLITS = ("train", "val", "test", "judge")
QUARANTINE = "quarantine"
WORKSPACE = "workspace"


class NothingValidated(base.PromptganError):
    """The lock has no validated data: the stage has not run there."""


class NotInCache(base.PromptganError):
    """The lock names the records, but DVC's cache does not hold them."""

    def __init__(self, name: str, missing: str) -> None:
        fetch = f"run `dvc fetch --all-commits {VALIDATED}`; where no remote has it, check {name} out and"
        super().__init__(
            f"{VALIDATED} of {name}: DVC's cache does not hold {missing}",
            "run `make validate`" if name == WORKSPACE else f"{fetch} run `make validate`, then come back",
        )


class TableUnreadable(base.PromptganError):
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
        tables = _cached(md5, name)
    return Version(name, stage, _title(commit), _excluded(commit, _data(stage)), tables)


def resolve(revision: str) -> str:
    """A revision as Git understands it; a DVC experiment is also known by its name alone.

    Raises:
        RevisionUnknown: there is none; names the nearest branch, tag or experiment.
    """
    if git.text_if_any("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"):
        return revision
    references = git.text_if_any("for-each-ref", "--format=%(refname)").split()
    experiments = {
        name.rpartition("/")[2]: name
        for name in references
        if name.startswith("refs/exps/") and not name.startswith("refs/exps/exec/")
    }
    if revision in experiments:
        return experiments[revision]
    known = [name.removeprefix("refs/heads/").removeprefix("refs/tags/") for name in references] + [*experiments]
    raise lock.RevisionUnknown(
        f"{revision}: no such commit, branch, tag or experiment{base.nearest(revision, known)}",
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


def _cached(md5: str, name: str) -> dict[str, Path]:
    files = cache.listing(md5)
    if files is None:
        raise NotInCache(name, "it")
    tables = {}
    for table in (*SPLITS, QUARANTINE):
        path = cache.find(files.get(f"{table}.parquet", "missing"))
        if path is None:
            raise NotInCache(name, f"its {table}.parquet")
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


def _excluded(commit: str | None, data: str) -> frozenset[str]:
    try:
        content = lock.at_revision(exclusions.LIST, commit) if commit else exclusions.LIST.read_bytes()
        rows = csv.DictReader(io.StringIO(content.decode()))
        return frozenset(row["id"] for row in rows if row["data"] == data)
    except (OSError, ValueError, KeyError, lock.RevisionUnknown):  # a revision from before there was a list
        return frozenset()
