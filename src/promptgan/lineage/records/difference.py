"""What changed between two versions of the validated records, row by row and as a whole."""

import filecmp
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from promptgan.lineage import lock
from promptgan.lineage.records import versions
from promptgan.lineage.records.distributions import Shift, shift
from promptgan.lineage.records.versions import QUARANTINE, SPLITS, Version
from promptgan.tasks.text.records.normalise import normalise

if TYPE_CHECKING:
    import pandas as pd

COMPARED = ("group", "prompt", "text", "label")
KINDS = {
    "added": "added",
    "removed": "removed",
    "changed": "changed",
    "to_quarantine": "moved to quarantine",
    "from_quarantine": "moved out of quarantine",
    "between_splits": "moved between splits",
}
"""What can happen to a record, and how people call it. A record may be both changed and moved."""


@dataclass(frozen=True)
class Split:
    """The rows of a split, or of quarantine, and how they came and went."""

    name: str
    before: int
    after: int
    added: int
    removed: int
    arrived: int
    """From another split or from quarantine."""
    left: int
    changed: int
    """Of those that stayed."""


@dataclass(frozen=True)
class Rule:
    """A rule of quarantine."""

    name: str
    before: int
    """Rows that it held."""
    after: int
    caught: int
    """Rows that were usable before."""
    released: int
    """Rows that are usable now."""


@dataclass(frozen=True)
class Difference:
    """Two versions of the validated records."""

    names: tuple[str, str]
    md5: tuple[str, str]
    titles: tuple[str, str]
    same: bool
    """Whether every table has the same bytes."""
    causes: tuple[str, ...]
    """What the two runs of the stage validate did not have in common: parameters, data, code."""
    comparable: bool
    """Whether any record is in both; where not, they are different data sets altogether and no row is compared."""
    counts: dict[str, int]
    """Records by what happened to them: the keys of `KINDS`."""
    excluded: int
    """Of the removed records, those that the latter version's data/excluded.csv lists."""
    splits: tuple[Split, ...]
    columns: dict[str, int]
    """Changed records by column."""
    rules: tuple[Rule, ...]
    examples: dict[str, list[dict[str, str]]]
    """By the keys of `KINDS`: id, where it is, and what it holds; of a changed column also the former value."""
    shift: Shift
    """Of the usable records."""

    def document(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return asdict(self)


def compare(before: Version, after: Version, examples: int = 5) -> Difference:
    """Compare two versions, record by record through their ids.

    Args:
        before: the former version.
        after: the latter version.
        examples: how many records of each kind are shown.

    Raises:
        TableUnreadable: a file of a version is damaged.
    """
    old, new = (_by_id(versions.records(version)) for version in (before, after))
    common = old.index.intersection(new.index, sort=False)
    one, other = old.loc[common], new.loc[common]
    moved = one["split"] != other["split"]
    changes = _changes(one, other)
    kinds = {
        "added": new.index[~new.index.isin(common)],
        "removed": old.index[~old.index.isin(common)],
        "changed": common[changes.any(axis=1)],
        "to_quarantine": common[moved & (other["split"] == QUARANTINE)],
        "from_quarantine": common[moved & (one["split"] == QUARANTINE)],
        "between_splits": common[moved & (other["split"] != QUARANTINE) & (one["split"] != QUARANTINE)],
    }
    comparable = len(common) > 0
    return Difference(
        names=(before.name, after.name),
        md5=(before.md5, after.md5),
        titles=(before.title, after.title),
        same=all(filecmp.cmp(before.tables[name], after.tables[name], shallow=False) for name in before.tables),
        causes=tuple(causes(before, after)),
        comparable=comparable,
        counts={kind: len(ids) for kind, ids in kinds.items()},
        excluded=len(after.excluded.intersection(kinds["removed"])),
        splits=tuple(_splits(old, new, kinds, moved, changes)),
        columns={str(column): int(changes[column].sum()) for column in changes if changes[column].any()},
        rules=tuple(_rules(old, new, kinds)),
        examples={kind: list(_examples(old, new, changes, ids[:examples])) for kind, ids in kinds.items()}
        if comparable
        else {},
        shift=shift(*(frame[frame["split"] != QUARANTINE] for frame in (old, new))),
    )


def since(revision: str = "HEAD") -> str | None:
    """One line on what changed in the data since a revision; None where nothing did or there is nothing to compare.

    It is what a run prints at its end, so no error where the repository has no commit or no run yet, and a former
    version that is not here is named.

    Raises:
        RevisionUnknown: there is no such revision, and it is not HEAD.
    """
    try:
        if lock.at_revision(lock.LOCK, versions.resolve(revision)) == lock.LOCK.read_bytes():
            return None
        now, then = (lock.read(name) for name in (None, versions.resolve(revision)))
        if _md5(now) == _md5(then) or not _md5(then):
            return None
    except lock.RevisionUnknown:
        if revision != "HEAD":
            raise
        return None
    except (lock.LockUnreadable, OSError):
        return None
    command = f"promptgan data diff {revision}"
    try:
        found = compare(versions.read(revision), versions.read(), examples=0)
    except versions.NotInCache as error:
        if error.withdrawn:
            return f"note: data changed since {revision}; {error.remedy}"
        return f"data changed since {revision}, but cannot be compared: {error.problem}\n  -> {error.remedy}"
    except (versions.NothingValidated, versions.TableUnreadable) as error:
        return f"data changed since {revision}, but cannot be compared: {error.problem}\n  -> {error.remedy}"
    if not found.comparable:
        return f"data is another since {revision}: {' -> '.join(found.titles)}; {command} compares them"
    return f"data changed since {revision}: {headline(found)}; {command} shows them"


def headline(found: Difference) -> str:
    """The counts in one line, nothing that is zero."""
    counts = found.counts
    rows = "row" if (counts["added"] or counts["removed"]) == 1 else "rows"
    parts = {
        "added": f"+{{}} {rows}",
        "removed": "-{}" if counts["added"] else f"-{{}} {rows}",
        "changed": "{} changed",
        "to_quarantine": "{} to quarantine",
        "from_quarantine": "{} out of quarantine",
        "between_splits": "{} between splits",
    }
    shown = [text.format(f"{counts[kind]:,}") for kind, text in parts.items() if counts[kind]]
    return ", ".join(shown) or "no row, only their order or what is recorded beside them"


def causes(before: Version, after: Version) -> Iterator[str]:
    """What differs between two runs of the stage validate, a line each: parameters, then files.

    Nothing, where the lock has one run for both: then a table that differs was changed by hand.
    """
    one, other = (dict(_flat(version.stage.parameters)) for version in (before, after))
    for key in dict.fromkeys([*one, *other]):
        if one.get(key) != other.get(key):
            yield f"{key}: {one.get(key, '(nothing)')} -> {other.get(key, '(nothing)')}"
    files = [{file.path: file.md5 for file in version.stage.dependencies} for version in (before, after)]
    for path in dict.fromkeys([*files[0], *files[1]]):
        if files[0].get(path) != files[1].get(path):
            happened = "other content" if all(path in side for side in files) else "only in one of them"
            yield f"{path}: {happened}"


def _md5(locked: lock.Lock) -> str | None:
    return next((out.md5 for _, out in locked.outputs() if out.path == versions.VALIDATED), None)


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, value


def _by_id(records: "pd.DataFrame") -> "pd.DataFrame":
    """Ids are unique, as a table rule sees to; a row whose id is missing, which only quarantine has, is left out."""
    return records[records["id"].notna()].set_index("id")


def _changes(one: "pd.DataFrame", other: "pd.DataFrame") -> "pd.DataFrame":
    """Which columns differ, by record. Quarantine keeps sides as they came, so they are normalised to be compared."""
    import pandas as pd

    raw = (one["split"] == QUARANTINE) != (other["split"] == QUARANTINE)
    found = {}
    for column in (column for column in COMPARED if column in one or column in other):
        a, b = (frame[column] if column in frame else pd.Series(None, frame.index, object) for frame in (one, other))
        differs = (a != b) & ~(a.isna() & b.isna())
        if column in ("prompt", "text"):
            for key in a.index[differs & raw]:
                sides = a[key], b[key]
                if all(isinstance(side, str) for side in sides):
                    differs[key] = normalise(sides[0]) != normalise(sides[1])
        found[column] = differs.astype(bool)
    return pd.DataFrame(found)


def _splits(
    old: "pd.DataFrame", new: "pd.DataFrame", kinds: dict[str, Any], moved: "pd.Series[bool]", changes: "pd.DataFrame"
) -> Iterator[Split]:
    was, now = old["split"], new["split"]
    removed, added = was[kinds["removed"]], now[kinds["added"]]
    left, arrived = was[moved.index[moved]], now[moved.index[moved]]
    stayed = now[changes.index[changes.any(axis=1) & ~moved]]
    for name in (*SPLITS, QUARANTINE):
        sizes = [int((rows == name).sum()) for rows in (was, now, added, removed, arrived, left, stayed)]
        yield Split(name, *sizes)


def _rules(old: "pd.DataFrame", new: "pd.DataFrame", kinds: dict[str, Any]) -> Iterator[Rule]:
    tables = [old["rule"], new["rule"], new.loc[kinds["to_quarantine"], "rule"]]
    tables.append(old.loc[kinds["from_quarantine"], "rule"])
    counts = [rows.value_counts() for rows in tables]
    for name in sorted({str(rule) for count in counts for rule in count.index}):
        yield Rule(name, *(int(count.get(name, 0)) for count in counts))


def _examples(
    old: "pd.DataFrame", new: "pd.DataFrame", changes: "pd.DataFrame", ids: Iterable[str]
) -> Iterator[dict[str, str]]:
    for identifier in ids:
        was = old.loc[identifier] if identifier in old.index else None
        now = new.loc[identifier] if identifier in new.index else None
        record = now if now is not None else was
        assert record is not None
        places = [side["split"] for side in (was, now) if side is not None]
        entry = {"id": str(identifier), "place": " -> ".join(dict.fromkeys(map(str, places)))}
        entry |= {side: _shown(record[side]) for side in ("prompt", "text")}
        if record["split"] == QUARANTINE:
            entry["reason"] = f"{record['rule']}: {record['reason']}"
        elif was is not None and was["split"] == QUARANTINE:
            entry["former reason"] = f"{was['rule']}: {was['reason']}"
        if was is not None and now is not None:
            for column in (column for column in changes.columns if changes.at[identifier, column]):
                entry[f"former {column}"] = _shown(was.get(column))
                entry.setdefault(column, _shown(now.get(column)))
        yield entry


def _shown(value: Any) -> str:
    """A value of quarantine may be missing, and may be long."""
    text = value if isinstance(value, str) else "(nothing)"
    return text if len(text) <= 300 else f"{text[:297]}..."
