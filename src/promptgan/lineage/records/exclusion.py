"""Putting a record on the list of those that validation leaves out, and what of it stays in other records."""

import csv
import difflib
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan.core.errors import PromptganError
from promptgan.lineage import cache
from promptgan.lineage.records import versions
from promptgan.lineage.records.known import Known
from promptgan.lineage.records.versions import QUARANTINE, VALIDATED, Version
from promptgan.quality import exclusions
from promptgan.quality.duplicates import NearDuplicates
from promptgan.tasks.text.records.duplicates import copies_of_pairs
from promptgan.tasks.text.records.normalise import normalise
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd

MIN_WORDS = 6
"""Of a side that is searched for by its words: a shorter one is found by coincidence."""
NEIGHBOURS = 50


class UnknownRecord(PromptganError):
    """No version of the data that is here has a record of that id."""


@dataclass(frozen=True)
class Subject:
    """The record that has to go, or all records of its group."""

    data: str
    """The data set that it is in."""
    ids: tuple[str, ...]
    records: "pd.DataFrame"
    """id, group, prompt, text, split; empty where every version of the data that held them is gone."""
    listed: frozenset[str]
    """Those of the ids that data/excluded.csv lists already."""


@dataclass(frozen=True)
class Staying:
    """Records that stay though they have something of the subject in them."""

    copies: "pd.DataFrame"
    """Of the same prompt and text."""
    near: "pd.DataFrame"
    """Near duplicates, by the measure of the section `validate`, among the usable records."""
    group: "pd.DataFrame"
    """Of the same group, a conversation for instance."""
    carriers: "pd.DataFrame"
    """Those that have its prompt or its text, where that is of `MIN_WORDS`, as one of their sides; no copies."""
    own: tuple[str, ...]
    """Its prompts and texts of `MIN_WORDS` or more that no other record has, not inside of a longer side either."""
    shared: tuple[str, ...]
    """Those of its prompts and texts of that length that other records have too."""


def find(identifier: str, whole_group: bool, here: Version, remembered: Known) -> Subject:
    """Find a record in the data of the workspace or, where it is excluded there already, in a former version.

    Args:
        identifier: the record's id.
        whole_group: take every record of its group, as far as the version that has it knows them.
        here: the validated data of the workspace.
        remembered: where former versions are found.

    Raises:
        UnknownRecord: no version here has it; names the nearest ids.
        ExclusionsUnreadable: the list is broken.
    """
    listed = exclusions.excluded(here.data)
    table = versions.records(here)
    found = table[table["id"] == identifier]
    if found.empty and identifier in listed:
        for other in _former(here, remembered):
            if not (found := other[other["id"] == identifier]).empty:
                table = other
                break
    if found.empty and identifier not in listed:
        raise UnknownRecord(
            f"{VALIDATED} ({here.data}) has no record {identifier}{_nearest(identifier, table['id'].dropna())}",
            f"ids are in the column `id` of {VALIDATED}/*.parquet; a record that is in data/raw only since"
            " the last run becomes known by `make validate`",
        )
    if whole_group and not found.empty:
        found = table[table["group"] == found["group"].iloc[0]]
    ids = tuple(sorted({identifier, *found["id"]}))
    return Subject(here.data, ids, found, frozenset(listed.keys() & set(ids)))


def staying(subject: Subject, here: Version, measure: NearDuplicates) -> Staying:
    """Compare the subject with every other record of the workspace's data."""
    table = versions.records(here)
    others = table[~table["id"].isin(subject.ids)].reset_index(drop=True)
    ours, theirs = (_sides(frame) for frame in (subject.records, others))
    pairs = {pair for pair in ours if any(pair)}
    long = {side for pair in ours for side in pair if len(words(side)) >= MIN_WORDS}
    copies = others[[pair in pairs for pair in theirs]]
    carried = [bool(long.intersection(pair)) and pair not in pairs for pair in theirs]
    usable = [i for i, split in enumerate(others["split"]) if split != QUARANTINE and theirs[i] not in pairs]
    near = []
    if ours and usable:
        prompts, texts = zip(*ours, *(theirs[i] for i in usable), strict=True)
        ranks = [0] * len(ours) + [1] * len(usable)
        found = copies_of_pairs(list(prompts), list(texts), ranks, measure)[len(ours) :]
        near = [i for i, copy in zip(usable, found, strict=True) if copy is not None]
    kept = "\n".join(side for pair in theirs for side in pair).casefold()
    own = tuple(side for side in sorted(long) if side.casefold() not in kept)
    return Staying(
        copies=copies,
        near=others.loc[near],
        group=others[others["group"].isin(subject.records["group"])],
        carriers=others[carried],
        own=own,
        shared=tuple(sorted(long.difference(own))),
    )


def exclude(subject: Subject, reason: str) -> list[str]:
    """Add the subject's ids to data/excluded.csv, sorted, whole or not at all. Returns those that were not listed.

    Raises:
        ExclusionsUnreadable: the list is broken; it is left as it is.
    """
    new = [identifier for identifier in subject.ids if identifier not in subject.listed]
    if new:
        with exclusions.LIST.open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["data"], row["id"], row["reason"]) for row in csv.DictReader(file)]
        rows += [(subject.data, identifier, reason) for identifier in new]
        partial = exclusions.LIST.with_name(exclusions.LIST.name + ".partial")
        with partial.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([exclusions.COLUMNS, *sorted(rows)])
        partial.replace(exclusions.LIST)
    return new


def _former(here: Version, remembered: Known) -> "Iterator[pd.DataFrame]":
    """The other versions of the same data set, as far as DVC's cache has their tables."""
    for run in remembered.runs:
        out = run.output(VALIDATED)
        if out is None or out.md5 == here.md5 or run.data != here.data:
            continue
        files = cache.listing(out.md5) or {}
        names = [f"{table}.parquet" for table in (*versions.SPLITS, QUARANTINE)]
        places = {Path(name).stem: cache.find(files[name]) for name in names if name in files}
        present = {table: path for table, path in places.items() if path}
        if present:
            yield versions.concatenated(present, run.names[0])


def _sides(frame: "pd.DataFrame") -> list[tuple[str, str]]:
    """Prompt and text as they are compared: normalised, as only quarantine keeps them as they came."""
    raw = list(frame["split"] == QUARANTINE)

    def side(name: str) -> list[str]:
        values = zip(frame[name], raw, strict=True)
        return [(normalise(x) if as_it_came else x) if isinstance(x, str) else "" for x, as_it_came in values]

    return list(zip(side("prompt"), side("text"), strict=True))


def _nearest(identifier: str, ids: "pd.Series[str]") -> str:
    """Up to three ids like it, looked for among those that begin or end as it does: the others are too many."""
    candidates: set[str] = set()
    for turn in (1, -1):
        ordered = sorted(known[::turn] for known in ids)
        at = bisect(ordered, identifier[::turn])
        candidates |= {known[::turn] for known in ordered[max(0, at - NEIGHBOURS) : at + NEIGHBOURS]}
    close = difflib.get_close_matches(identifier, sorted(candidates), n=3)
    return f" (did you mean {' or '.join(close)}?)" if close else ""
