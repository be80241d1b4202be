"""A record that is taken out, on the terminal: what that means, what stays, and every place that still holds it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from promptgan.commands.terminal import table, terminal
from promptgan.learning import withdrawal
from promptgan.learning.versions import record_of
from promptgan.lineage import lock, samples
from promptgan.lineage.counting import counted, few
from promptgan.lineage.records import removal, versions
from promptgan.lineage.records.known import Known
from promptgan.lineage.records.places import Place, places
from promptgan.lineage.records.search import Search
from promptgan.lineage.records.traces import Traces
from promptgan.quality import exclusions
from promptgan.serving.log import LOG

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 140
"""Columns where the output is no terminal."""
SHOWN = 5
WHERE = {"workspace": "in the workspace", "cache": "in the cache", "remote": "in remotes", "Git": "in Git"}


def remove(
    identifier: str, reason: str, group: bool, *, purge: bool, raw: bool, confirm: Callable[[str], bool]
) -> None:
    """Carry out `promptgan data remove` and print each step; ``confirm`` is asked before anything is deleted.

    Raises:
        UnknownRecord: there is no such record; names the nearest.
        ExclusionsUnreadable: the list is broken; it is left as it is.
        RepositoryBusy, NotDeleted: see `removal.delete`.
    """
    console = terminal(WIDTH)
    here, known = versions.read(), Known()
    if record := record_of(identifier, here.stage.parameters.get("data", {}), Path.cwd()):
        console.print(f"feedback {identifier} became the record {record}")
        identifier = record
    subject = removal.find(identifier, group, here, known)
    others = here.records()
    others = others[~others["id"].isin(subject.ids)]
    new = removal.exclude(subject, here.stage.data, reason)
    _say_excluded(console, subject, here.stage.data, new)
    _say_staying(console, removal.relatives(subject, others, here))
    search = Search(subject.ids, removal.phrases(subject, others, here))
    found = places(search, Traces(here.stage.data, search, known))
    for name in known.unreadable:
        console.print(f"not searched, because it cannot be read: the lock of {name}")
    if subject.records.empty:
        console.print("searched by id alone: no version of the data that is here holds the record any more")
    elif not search.phrases:
        console.print("searched by id alone: it has no words, or too few, that no other record has")
    whole = {"prompt", "text"} <= set(subject.records)
    pairs = zip(subject.records["prompt"], subject.records["text"], strict=True) if whole else ()
    if held := withdrawal.find(pairs, search.phrases):
        console.print(f"{LOG} holds it: {len(held.feedback)} of feedback, the texts of {len(held.requests)} requests")
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
    rows_too = f" and {sum(map(len, held))} rows of the service's log" if held else ""
    if not chosen and not held:
        console.print("nothing here is left to delete")
    elif confirm(f"Delete {len(chosen)} places, {size / 2**20:.1f} MiB{rows_too}, for good?"):
        removal.delete(chosen)
        if held:
            withdrawal.delete(held)
        console.print(f"deleted: {len(chosen)} places{rows_too}")
    else:
        console.print("nothing was deleted; the record is excluded")
    kept = "the data as it came: validation leaves the record out of it; --raw deletes it, and a run gets it anew"
    _table(console, f"Kept, because it is {kept}", [place for place in within_reach if place not in chosen])
    _table(console, "Not deleted, because DVC here cannot", [place for place in found if not place.files])


def _say_excluded(console: Console, subject: removal.Subject, data: str, new: list[str]) -> None:
    splits = dict(zip(subject.records["id"], subject.records["split"], strict=True))
    for identifier in new[:SHOWN]:
        where = ", ".join(filter(None, (data, splits.get(identifier))))
        console.print(f"excluded: {identifier} ({where}), listed in {exclusions.LIST}")
    if len(new) > SHOWN:
        console.print(f"excluded: {len(new) - SHOWN} more of its group")
    if old := sorted(subject.listed):
        console.print(f"excluded already, and left as it is in {exclusions.LIST}: {few(old, SHOWN)}")
    if new:
        rerun = [stage.name for stage in lock.read().downstream(exclusions.LIST.as_posix())]
        console.print(f"will rerun with `make run`: {', '.join(rerun) or 'every stage'}")
        console.print(f"then commit {exclusions.LIST} with the new results")


def _say_staying(console: Console, staying: "dict[str, pd.DataFrame]") -> None:
    for kind, records in staying.items():
        if len(records):
            console.print(f"stays: {counted(len(records))} {kind}")
        shown = records.head(0 if kind == removal.OF_ITS_GROUP else SHOWN)
        for row in shown.drop(columns=["group", "rule", "reason"]).to_dict("records"):
            values = " -> ".join(repr(samples.shown(v)) for k, v in row.items() if k not in ("id", "split", "kind"))
            console.print(f"  {row['id']} ({row['split']}): {values}")


def _table(console: Console, title: str, found: list[Place]) -> None:
    if not found:
        return
    kinds = ", ".join(f"{n} {WHERE.get(kind, kind)}" for kind, n in Counter(place.kind for place in found).items())
    console.print(f"\n{title}: {kinds}", style="bold")
    console.print(table(["", "place", "how", ""], rows(found), words=4))


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


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
