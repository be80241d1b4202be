"""Taking a record out: which ones those are, what is alike and stays, excluding and deleting."""

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.core.files import write_text
from promptgan.lineage.evidence import VALIDATED
from promptgan.lineage.records import listed, versions
from promptgan.lineage.records.known import Known
from promptgan.lineage.records.places import Place
from promptgan.lineage.records.versions import Version
from promptgan.quality import exclusions

if TYPE_CHECKING:
    import pandas as pd

OF_ITS_GROUP = "of the same group (--group excludes them too)"


class RepositoryBusy(PromptganError):
    """A stage or another DVC command is at work on what is to be deleted."""


class NotDeleted(PromptganError):
    """The system refused to delete something; what came before it is gone."""


@dataclass(frozen=True)
class Subject:
    """The record that has to go, or all records of its group."""

    ids: tuple[str, ...]
    records: "pd.DataFrame"
    """With their split; empty where every version of the data that held them is gone."""
    listed: frozenset[str]
    """Those of the ids that data/excluded.csv lists already."""


def find(identifier: str, whole_group: bool, here: Version, known: Known) -> Subject:
    """Find a record in the data of the workspace or, where it is excluded there already, in a former version.

    Args:
        identifier: the record's id.
        whole_group: take every record of its group, as far as the version that has it knows them.
        here: the validated data of the workspace.
        known: where former versions are found.

    Raises:
        UnknownRecord: no version here has it; names the nearest ids.
        ExclusionsUnreadable: the list is broken.
    """
    excluded = exclusions.excluded(here.stage.data)
    table = here.records()
    if identifier not in set(table["id"]):
        if identifier not in excluded:
            raise versions.UnknownRecord(identifier, f"workspace ({here.stage.data})", table["id"])
        table = next((other for other in _former(here, known) if identifier in set(other["id"])), table)
    found = table[table["id"] == identifier]
    if whole_group and not found.empty:
        found = table[table["group"] == found["group"].iloc[0]]
    ids = tuple(sorted({identifier, *found["id"]}))
    return Subject(ids, found, frozenset(excluded.keys() & set(ids)))


def relatives(subject: Subject, others: "pd.DataFrame", here: Version) -> "dict[str, pd.DataFrame]":
    """The records that stay though they have something of the subject in them, by what that is."""
    parameters = here.stage.parameters
    likeness = choose("promptgan.tasks", parameters["task"], "task", "likeness")
    kinds = others.assign(kind=likeness.relatives(subject.records, others, parameters["validate"]))
    found = {str(kind): rows for kind, rows in kinds[kinds["kind"] != ""].groupby("kind", sort=False)}
    return {**found, OF_ITS_GROUP: others[others["group"].isin(subject.records["group"])]}


def phrases(subject: Subject, others: "pd.DataFrame", here: Version) -> tuple[str, ...]:
    """The words by which the subject alone is known."""
    likeness = choose("promptgan.tasks", here.stage.parameters["task"], "task", "likeness")
    return tuple(likeness.phrases(subject.records, others))


def exclude(subject: Subject, data: str, reason: str) -> list[str]:
    """Add the subject's ids to data/excluded.csv, sorted, whole or not at all. Returns those that were not listed."""
    new = [identifier for identifier in subject.ids if identifier not in subject.listed]
    if new:
        rows = listed.read() | {(data, identifier): reason for identifier in new}
        text = io.StringIO(newline="")
        listing = ([*key, why] for key, why in sorted(rows.items()))
        csv.writer(text, lineterminator="\n").writerows([exclusions.COLUMNS, *listing])
        write_text(exclusions.LIST, text.getvalue())
    return new


def delete(chosen: list[Place]) -> None:
    """Delete. Interrupted, it may be started again: the data by which the record is found goes last.

    Raises:
        RepositoryBusy: DVC or a stage is at work; nothing is deleted.
        NotDeleted: names the path that could not be deleted.
    """
    ordered = sorted(chosen, key=lambda place: VALIDATED in place.what)
    with _alone([path for place in ordered if place.kind == "workspace" for path in place.files]):
        for path in (path for place in ordered for path in place.files):
            try:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise NotDeleted(
                    f"{path} cannot be deleted: {error.strerror}", "see to its permissions, then run this again"
                ) from error


@contextmanager
def _alone(outputs: list[Path]) -> Iterator[None]:
    """Hold DVC's lock of the repository, and its lock for writing these outputs, which a running stage has."""
    from dvc.lock import LockError
    from dvc.repo import Repo
    from dvc.rwlock import rwlock

    repo = Repo(".")
    paths = [str(Path.cwd() / path) for path in outputs]
    try:
        with repo.lock, rwlock(repo.tmp_dir, repo.fs, "promptgan data remove", [], paths, False):
            yield
    except LockError as error:
        raise RepositoryBusy(
            f"DVC is at work here: {str(error).splitlines()[0]}", "wait until it has ended, then run this again"
        ) from error


def _former(here: Version, known: Known) -> "Iterator[pd.DataFrame]":
    """The other versions of the same data set, as far as DVC's cache has their tables."""
    for run in known.runs:
        out = run.stage.output(VALIDATED)
        if out and out.md5 != here.md5 and run.stage.data == here.stage.data and (tables := versions.cached(out.md5)):
            yield versions.concatenated(tables, run.names[0])
