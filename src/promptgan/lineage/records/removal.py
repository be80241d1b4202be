"""Taking a record out, from the exclusion list to the last place that holds it, and telling about each step."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from promptgan.core.parameters import validate_section
from promptgan.lineage import cache, lock
from promptgan.lineage.records import exclusion, holders, listing, purge, versions
from promptgan.lineage.records.exclusion import Staying, Subject
from promptgan.lineage.records.holders import Place
from promptgan.lineage.records.known import known
from promptgan.quality import exclusions
from promptgan.quality.duplicates import NearDuplicates

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 5


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
        RepositoryBusy, NotDeleted: see `purge.carry_out`.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=140)
    here = versions.read()
    remembered = known(cache.folder() / "runs")
    subject = exclusion.find(identifier, group, here, remembered)
    staying = exclusion.staying(subject, here, _measure(here))
    new = exclusion.exclude(subject, reason)
    _say_excluded(console, subject, new)
    _say_staying(console, staying)
    found = holders.places(subject, staying, remembered)
    for name in remembered.unreadable:
        console.print(f"not searched, because it cannot be read: the lock of {name}", markup=False)
    if subject.records.empty:
        console.print(
            "searched by id alone: no version of the data that is here holds the record any more, so its words are"
            " not known"
        )
    elif not staying.own and not staying.shared:
        console.print(f"searched by id alone: no side of it has {exclusion.MIN_WORDS} words or more")
    if not purge:
        _table(console, "These places still hold it, or may", found)
        console.print(
            f"Excluded is not deleted: `promptgan data remove --record {identifier} --purge` deletes what DVC can.",
            markup=False,
        )
        return
    _purge(console, found, raw, confirm)


def _purge(console: Console, found: list[Place], raw: bool, confirm: Callable[[str], bool]) -> None:
    chosen = purge.plan(found, raw)
    _table(console, "To be deleted", chosen.delete)
    versions_lost = sorted({place.note for place in chosen.delete if place.kind == "cache" and place.note})
    if versions_lost:
        console.print(
            "DVC can then no longer check out these files of those branches, commits and experiments;"
            " `make run` makes those of the workspace again, without the record.",
        )
    if not chosen.delete:
        console.print("nothing here is left to delete")
    elif confirm(f"Delete {len(chosen.delete)} places, {chosen.size / 2**20:.1f} MiB, for good?"):
        purge.carry_out(chosen)
        console.print(f"deleted: {len(chosen.delete)} places")
    else:
        console.print("nothing was deleted; the record is excluded")
    kept = "the data as it came: validation leaves the record out of it; --raw deletes it, and a run gets it anew"
    if chosen.kept:
        _table(console, f"Kept, because it is {kept}", chosen.kept)
    _table(console, "Not deleted, because DVC here cannot", chosen.rest)


def _measure(here: versions.Version) -> NearDuplicates:
    section = here.stage.parameters["validate"]["near_duplicates"]
    return validate_section(NearDuplicates, section, "validate.near_duplicates")


def _say_excluded(console: Console, subject: Subject, new: list[str]) -> None:
    places = dict(zip(subject.records["id"], subject.records["split"], strict=True))
    for identifier in new[:SHOWN]:
        where = f"{subject.data}, {places[identifier]}" if identifier in places else subject.data
        console.print(f"excluded: {identifier} ({where}), listed in {exclusions.LIST}", markup=False)
    if len(new) > SHOWN:
        console.print(f"excluded: {len(new) - SHOWN} more of its group")
    old = [identifier for identifier in subject.ids if identifier in subject.listed]
    if old:
        shown = ", ".join(old[:SHOWN]) + (" ..." if len(old) > SHOWN else "")
        console.print(f"excluded already, and left as it is in {exclusions.LIST}: {shown}", markup=False)
    rerun = [stage.name for stage in lock.read().downstream(exclusions.LIST.as_posix())]
    if new:
        console.print(f"will rerun with `make run`: {', '.join(rerun) or 'every stage'}")
        console.print(f"then commit {exclusions.LIST} with the new results")


def _say_staying(console: Console, staying: Staying) -> None:
    kinds: list[tuple[str, pd.DataFrame, int]] = [
        ("of the same prompt and text", staying.copies, SHOWN),
        ("nearly the same", staying.near, SHOWN),
        ("with its prompt or its text as one side", staying.carriers, SHOWN),
        ("of the same group (--group excludes them too)", staying.group, 0),
    ]
    for kind, records, shown in kinds:
        if len(records):
            console.print(f"stays: {len(records)} record{'s' if len(records) > 1 else ''} {kind}", markup=False)
        for row in records.head(shown).itertuples():
            console.print(f"  {row.id} ({row.split}): {row.prompt!r} -> {row.text!r}", markup=False)


def _table(console: Console, title: str, places: Iterable[Place]) -> None:
    listed = list(places)
    if not listed:
        return
    title = f"{title}: {listing.total(listed)}"
    table = Table("", "place", "how", "", title=title, title_justify="left", title_style="bold", show_lines=False)
    for column in table.columns:
        column.overflow = "fold"
    for row in listing.rows(listed):
        table.add_row(*row)
    console.print(table, markup=False)
