"""The validated records as they are here, or as they were at a Git revision or in a DVC experiment."""

import bisect
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan import git
from promptgan.core.errors import PromptganError, nearest
from promptgan.lineage import cache, lock, references
from promptgan.lineage.counting import counted
from promptgan.lineage.evidence import VALIDATED
from promptgan.lineage.records import listed
from promptgan.quality.exclusions import LIST
from promptgan.terms.splits import SPLITS

if TYPE_CHECKING:
    import pandas as pd

METRICS = Path("metrics/validation.json")
QUARANTINE = "quarantine"
TABLES = (*SPLITS, QUARANTINE)
WORKSPACE = "workspace"
NEIGHBOURS = 50


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
                f"{LIST} here lists {counted(withdrawn)} that {name}'s does not: if {they_were} purged, {name}'s"
                f" data went with that and there is nothing to compare with; if it was only never here, {fetch}"
            )
        else:
            remedy = f"{fetch}; where no remote has it, `git checkout {name}` and `make validate`, then come back"
        super().__init__(f"{VALIDATED} of {name}: DVC's cache does not hold {missing}", remedy)


class TableUnreadable(PromptganError):
    """A file of the validated data is not the Parquet table that the stage writes."""


class UnknownRecord(PromptganError):
    """No version of the data that was searched has a record of that id, and the exclusion list does not name it."""

    def __init__(self, record: str, where: str, ids: "pd.Series[str]") -> None:
        # looked for among those that begin or end as it does: the others are too many
        near: set[str] = set()
        for turn in (1, -1):
            ordered = sorted(known[::turn] for known in ids.dropna())
            at = bisect.bisect(ordered, record[::turn])
            near |= {known[::turn] for known in ordered[max(0, at - NEIGHBOURS) : at + NEIGHBOURS]}
        super().__init__(
            f"{VALIDATED} of {where} has no record {record}{nearest(record, sorted(near))}, nor is it excluded",
            f"ids are in the column `id` of {VALIDATED}/*.parquet; a record that is in data/raw only since the last run"
            " becomes known by `make validate`",
        )


@dataclass(frozen=True)
class Version:
    """One version of the validated data."""

    name: str
    """What it was asked for by: a revision, or `workspace`."""
    md5: str
    """Of the folder, as dvc.lock has it."""
    stage: lock.Stage
    """The run of the stage validate that made it."""
    title: str
    """Of the data and its version, as metrics/validation.json has it; empty where that cannot be read."""
    excluded: frozenset[str]
    """Ids that data/excluded.csv lists for the data set there."""
    tables: dict[str, Path]
    """The Parquet file of each split and of quarantine."""

    def records(self) -> "pd.DataFrame":
        """All records; see `concatenated`."""
        return concatenated(self.tables, self.name)


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
    stage = lock.read(commit).producer(VALIDATED)
    if stage is None or not (made := stage.output(VALIDATED)):
        raise NothingValidated(f"{name}: its dvc.lock has no {VALIDATED}", "run `make validate` there first")
    if revision is None and Path(VALIDATED).is_dir():
        tables = {table: Path(VALIDATED, f"{table}.parquet") for table in TABLES}
        if missing := [path for path in tables.values() if not path.is_file()]:
            raise NothingValidated(f"{missing[0]} is not there", "run `dvc checkout`, or `make validate`")
    else:
        tables = cached(made.md5)
        if lost := [table for table in TABLES if table not in tables]:
            withdrawn = listed.withdrawn_since(commit, stage.data) if commit else 0
            raise NotInCache(name, f"its {lost[0]}.parquet" if tables else "it", withdrawn)
    excluded = frozenset(identifier for data, identifier in listed.read(commit) if data == stage.data)
    return Version(name, made.md5, stage, _title(commit), excluded, tables)


def cached(md5: str) -> dict[str, Path]:
    """The tables of a version that DVC's cache holds, by the md5 of the folder."""
    files = cache.listing(md5) or {}
    return {table: path for table in TABLES if (path := cache.find(files.get(f"{table}.parquet", "missing")))}


def resolve(revision: str) -> str:
    """A revision as Git understands it; a DVC experiment is also known by its name alone.

    Of experiments with the same name it is that on HEAD, else the latest.

    Raises:
        RevisionUnknown: there is none; names the nearest branch, tag or experiment.
    """
    if git.text_if_any("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"):
        return revision
    if baselines := [baseline for baseline, name in references.experiments() if name == revision]:
        head = git.text_if_any("rev-parse", "HEAD").strip()
        return references.of_experiment(head if head in baselines else baselines[-1], revision)
    meant = nearest(revision, [references.kind_and_name(each)[1] for each in references.known()])
    raise lock.RevisionUnknown(
        f"{revision}: no such commit, branch, tag or experiment{meant}",
        "`git log -- dvc.lock` and `dvc exp list` show those that there are",
    )


def concatenated(tables: Mapping[str, Path], name: str) -> "pd.DataFrame":
    """The records of tables of a version, one row a record.

    Args:
        tables: a Parquet file by split, or quarantine.
        name: what an error calls the version.

    Returns:
        The columns of the data set, as validated, in quarantine as they came; split; rule and reason, which only
        quarantined rows have.

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
        if lacking := {"id", "group"} - set(frame):
            raise TableUnreadable(f"{split} of {name} ({path}) lacks the column {min(lacking)}", "run `make validate`")
        frames.append(frame.assign(split=split))
    together = pd.concat(frames, ignore_index=True)
    columns: Iterable[str] = dict.fromkeys([*together.columns, "rule", "reason"])
    return together.reindex(columns=list(columns))


def _title(commit: str | None) -> str:
    try:
        return str(json.loads(lock.at_revision(METRICS, commit))["data"]["title"])
    except (OSError, ValueError, TypeError, KeyError, lock.RevisionUnknown):
        return ""
