"""Taking a record out, from the exclusion list to the last place that holds it, and telling about each step."""

import csv
import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.core.files import write_text
from promptgan.lineage import lock, samples
from promptgan.lineage.evidence import VALIDATED
from promptgan.lineage.records import listed, versions
from promptgan.lineage.records.known import Known
from promptgan.lineage.records.places import Place, places
from promptgan.lineage.records.search import Search
from promptgan.lineage.records.traces import Traces
from promptgan.lineage.records.versions import Version
from promptgan.quality import exclusions

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

SHOWN = 5
WHERE = {"workspace": "in the workspace", "cache": "in the cache", "remote": "in remotes", "Git": "in Git"}
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


def remove(
    identifier: str, reason: str, group: bool, *, purge: bool, raw: bool, confirm: Callable[[str], bool]
) -> None:
    """Exclude a record and print what that means; with ``purge`` delete what can be deleted.

    Args:
        identifier: of the record.
        reason: for the exclusion list.
        group: take every record of its group.
        purge: delete what DVC keeps of it here.
        raw: delete the data as it came too.
        confirm: asked a question before anything is deleted.

    Raises:
        UnknownRecord: there is no such record; names the nearest.
        ExclusionsUnreadable: the list is broken; it is left as it is.
        RepositoryBusy, NotDeleted: see `delete`.
    """
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=140)
    here, known = versions.read(), Known()
    subject = find(identifier, group, here, known)
    others = here.records()
    others = others[~others["id"].isin(subject.ids)]
    new = exclude(subject, here.stage.data, reason)
    _say_excluded(console, subject, here.stage.data, new)
    _say_staying(console, relatives(subject, others, here))
    search = Search(subject.ids, phrases(subject, others, here))
    found = places(search, Traces(here.stage.data, search, known))
    for name in known.unreadable:
        console.print(f"not searched, because it cannot be read: the lock of {name}")
    if subject.records.empty:
        console.print("searched by id alone: no version of the data that is here holds the record any more")
    elif not search.phrases:
        console.print("searched by id alone: it has no words, or too few, that no other record has")
    if not purge:
        _table(console, "These places still hold it, or may", found)
        console.print(
            f"Excluded is not deleted: `promptgan data remove --record {identifier} --purge` deletes what DVC can."
        )
        return
    within_reach = [place for place in found if place.files]
    chosen = [place for place in within_reach if raw or not place.raw]
    _table(console, "To be deleted", chosen)
    if any(place.kind == "cache" and place.note for place in chosen):
        console.print(
            "DVC can then no longer check out these files of those branches, commits and experiments;"
            " `make run` makes those of the workspace again, without the record.",
        )
    size = sum(_size(path) for place in chosen for path in place.files)
    if not chosen:
        console.print("nothing here is left to delete")
    elif confirm(f"Delete {len(chosen)} places, {size / 2**20:.1f} MiB, for good?"):
        delete(chosen)
        console.print(f"deleted: {len(chosen)} places")
    else:
        console.print("nothing was deleted; the record is excluded")
    kept = "the data as it came: validation leaves the record out of it; --raw deletes it, and a run gets it anew"
    _table(console, f"Kept, because it is {kept}", [place for place in within_reach if place not in chosen])
    _table(console, "Not deleted, because DVC here cannot", [place for place in found if not place.files])


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


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _say_excluded(console: "Console", subject: Subject, data: str, new: list[str]) -> None:
    splits = dict(zip(subject.records["id"], subject.records["split"], strict=True))
    for identifier in new[:SHOWN]:
        where = ", ".join(filter(None, (data, splits.get(identifier))))
        console.print(f"excluded: {identifier} ({where}), listed in {exclusions.LIST}")
    if len(new) > SHOWN:
        console.print(f"excluded: {len(new) - SHOWN} more of its group")
    if old := sorted(subject.listed):
        console.print(f"excluded already, and left as it is in {exclusions.LIST}: {listed.few(old, SHOWN)}")
    if new:
        rerun = [stage.name for stage in lock.read().downstream(exclusions.LIST.as_posix())]
        console.print(f"will rerun with `make run`: {', '.join(rerun) or 'every stage'}")
        console.print(f"then commit {exclusions.LIST} with the new results")


def _say_staying(console: "Console", staying: "dict[str, pd.DataFrame]") -> None:
    for kind, records in staying.items():
        if len(records):
            console.print(f"stays: {len(records)} record{'s' if len(records) > 1 else ''} {kind}")
        shown = records.head(0 if kind == OF_ITS_GROUP else SHOWN)
        for row in shown.drop(columns=["group", "rule", "reason"]).to_dict("records"):
            values = " -> ".join(repr(samples.shown(v)) for k, v in row.items() if k not in ("id", "split", "kind"))
            console.print(f"  {row['id']} ({row['split']}): {values}")


def _table(console: "Console", title: str, found: list[Place]) -> None:
    from rich.table import Table

    if not found:
        return
    counted = ", ".join(f"{n} {WHERE.get(kind, kind)}" for kind, n in Counter(place.kind for place in found).items())
    title = f"{title}: {counted}"
    table = Table("", "place", "how", "", title=title, title_justify="left", title_style="bold", show_lines=False)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows(found):
        table.add_row(*row)
    console.print(table)


def rows(found: Iterable[Place]) -> Iterator[tuple[str, str, str, str]]:
    """Kind, place, how it holds the record, and what to know or to do.

    One row for a file or folder; one for all objects that the same branches, commits and experiments remember, by
    output, with their number.
    """
    groups: dict[tuple[str, ...], list[Place]] = {}
    for place in found:
        alone = () if place.paths else (place.what,)
        groups.setdefault((place.kind, place.how, place.note, place.remedy, *alone), []).append(place)
    for (kind, how, note, remedy, *_), members in groups.items():
        what = members[0].what
        if len(members) > 1:
            outputs = Counter("/".join(path.split("/")[:2]) for place in members for path in place.paths[:1])
            what = ", ".join(f"{output} ({n} file{'s' if n > 1 else ''})" for output, n in outputs.items())
        yield kind, what, how, "; ".join(filter(None, (note, remedy)))
