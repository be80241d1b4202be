"""What changed between two versions of the validated records, row by row and as a whole."""

import filecmp
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from promptgan.core.choices import choose
from promptgan.core.flat import flat
from promptgan.lineage import lock, samples
from promptgan.lineage.evidence import VALIDATED
from promptgan.lineage.records import versions
from promptgan.lineage.records.versions import QUARANTINE, TABLES, Version
from promptgan.terms.audit import NOTHING, differences
from promptgan.terms.shift import Shift

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "added": ("added", "+{:,}"),
    "removed": ("removed", "-{:,}"),
    "changed": ("changed", "{:,} changed"),
    "to_quarantine": ("moved to quarantine", "{:,} to quarantine"),
    "from_quarantine": ("moved out of quarantine", "{:,} out of quarantine"),
    "between_splits": ("moved between splits", "{:,} between splits"),
}
"""What can happen to a record: how people call it, and how a line counts it. It may be both changed and moved."""
BOOKKEEPING = ["split", "rule", "reason"]
LONG = 300
"""Characters of a value that are shown."""


class Difference:
    """Two versions of the validated records, matched by id.

    Raises:
        TableUnreadable: a file of a version is damaged.
    """

    def __init__(self, before: Version, after: Version) -> None:
        self.before, self.after = before, after
        # ids are unique, as a table rule sees to; one that is missing, which only quarantine has, is left out
        frames = (version.records() for version in (before, after))
        self._old, self._new = (frame[frame["id"].notna()].set_index("id") for frame in frames)
        both = self._old.index.intersection(self._new.index, sort=False)
        was, now = self._old.loc[both], self._new.loc[both]
        moved, caught, free = was["split"] != now["split"], now["split"] == QUARANTINE, was["split"] == QUARANTINE
        self._changes = self._changed_columns(was, now)
        changed = self._changes.any(axis=1)
        self.kinds = {
            "added": self._new.index[~self._new.index.isin(both)],
            "removed": self._old.index[~self._old.index.isin(both)],
            "changed": both[changed],
            "to_quarantine": both[moved & caught],
            "from_quarantine": both[moved & free],
            "between_splits": both[moved & ~caught & ~free],
        }
        """The ids of the records that each happened to, by the keys of `KINDS`."""
        self.comparable = len(both) > 0
        """Whether any record is in both; where not, they are different data sets altogether."""
        self.excluded = len(after.excluded.intersection(self.kinds["removed"]))
        """Of the removed records, those that the latter version's data/excluded.csv lists."""
        self.splits = _counted(
            TABLES,
            before=self._old["split"],
            after=self._new["split"],
            added=self._new.loc[self.kinds["added"], "split"],
            removed=self._old.loc[self.kinds["removed"], "split"],
            moved_in=now.loc[moved, "split"],
            moved_out=was.loc[moved, "split"],
            changed=now.loc[changed & ~moved, "split"],
        )
        """The rows of each split and of quarantine, and how they came and went; changed: of those that stayed."""
        rules = {
            "before": self._old["rule"],
            "after": self._new["rule"],
            "caught": self._new.loc[self.kinds["to_quarantine"], "rule"],
            "released": self._old.loc[self.kinds["from_quarantine"], "rule"],
        }
        self.rules = _counted(sorted({*rules["before"].dropna(), *rules["after"].dropna()}), **rules)
        """The rows of quarantine by rule; caught were usable before, released are usable now."""
        self.columns = {str(name): int(n) for name, n in self._changes.sum().items() if n}
        """Changed records by column."""

    @property
    def names(self) -> tuple[str, str]:
        """What the two were asked for by."""
        return self.before.name, self.after.name

    @property
    def counts(self) -> dict[str, int]:
        """Records by what happened to them."""
        return {kind: len(ids) for kind, ids in self.kinds.items()}

    @cached_property
    def same(self) -> bool:
        """Whether every table has the same bytes."""
        pairs = ((self.before.tables[name], self.after.tables[name]) for name in TABLES)
        return all(filecmp.cmp(one, other, shallow=False) for one, other in pairs)

    @cached_property
    def causes(self) -> list[str]:
        """What differs between the two runs of the stage validate, a line each: parameters, then files.

        Nothing, where the lock has one run for both: then a table that differs was changed by hand.
        """
        stages = self.before.stage, self.after.stage
        old, new = (dict(flat(stage.parameters)) for stage in stages)
        found = [f"{key}: {was} -> {now}" for key, was, now in differences(old, new)]
        files = [{file.path: file.md5 for file in stage.dependencies} for stage in stages]
        for path, *sides in differences(files[0], files[1]):
            found.append(f"{path}: {'only in one of them' if NOTHING in sides else 'other content'}")
        return found

    @cached_property
    def shift(self) -> Shift:
        """Of the usable records as a whole, as their task tells it."""
        usable = (frame[frame["split"] != QUARANTINE] for frame in (self._old, self._new))
        task = self.after.stage.parameters["task"]
        moved: Shift = choose("promptgan.tasks", task, "task", "shift").shift(*usable)
        return moved

    def examples(self, most: int) -> dict[str, list[dict[str, Any]]]:
        """Up to ``most`` records of each kind: id, place, content, and the former value of what changed."""
        kinds = self.kinds if self.comparable else {}
        return {kind: [self._example(identifier) for identifier in ids[:most]] for kind, ids in kinds.items()}

    def document(self, examples: int) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "names": self.names,
            "md5": (self.before.md5, self.after.md5),
            "titles": (self.before.title, self.after.title),
            "same": self.same,
            "causes": self.causes,
            "comparable": self.comparable,
            "counts": self.counts,
            "excluded": self.excluded,
            "splits": self.splits.to_dict("index"),
            "rules": self.rules.to_dict("index"),
            "columns": self.columns,
            "examples": self.examples(examples),
            "shift": asdict(self.shift),
        }

    def _changed_columns(self, was: "pd.DataFrame", now: "pd.DataFrame") -> "pd.DataFrame":
        """Which columns differ, by record. Quarantine keeps values as they came, which are made what would be kept."""
        import pandas as pd

        raw = (was["split"] == QUARANTINE) != (now["split"] == QUARANTINE)
        if raw.any():
            old, new = _as_kept(self._old, self.before), _as_kept(self._new, self.after)
            was, now = (whole.loc[frame.index].where(raw, frame) for whole, frame in ((old, was), (new, now)))
        found = {}
        for column in dict.fromkeys([*was.drop(columns=BOOKKEEPING), *now.drop(columns=BOOKKEEPING)]):
            a, b = (f[column] if column in f else pd.Series(None, f.index, object) for f in (was, now))
            found[column] = ((a != b) & ~(a.isna() & b.isna())).astype(bool)
        return pd.DataFrame(found)

    def _example(self, identifier: str) -> dict[str, Any]:
        was, now = (f.loc[identifier] if identifier in f.index else None for f in (self._old, self._new))
        sides = [side for side in (was, now) if side is not None]
        record = sides[-1]
        entry = {"id": str(identifier), "place": " -> ".join(dict.fromkeys(str(side["split"]) for side in sides))}
        content = samples.document(record.drop([*BOOKKEEPING, "group"]).to_dict())
        entry |= {name: _shown(value) for name, value in content.items()}
        for name, side in (("former reason", sides[0]), ("reason", record)):
            if side["split"] == QUARANTINE and (len(sides) == 2 or name == "reason"):
                entry[name] = f"{side['rule']}: {side['reason']}"
        if was is not None and now is not None:
            for column in (str(name) for name in self._changes if self._changes.at[identifier, name]):
                entry |= {f"former {column}": _shown(was.get(column)), column: _shown(now.get(column))}
        return entry


def since(revision: str = "HEAD") -> str | None:
    """One line on what changed in the data since a revision; None where nothing did or there is nothing to compare.

    It is what a run prints at its end, so no error where the repository has no commit or no run yet, and a former
    version that is not here is named.

    Raises:
        RevisionUnknown: there is no such revision, and it is not HEAD.
    """
    try:
        commit = versions.resolve(revision)
        now, then = (lock.read(name).holding(VALIDATED) for name in (None, commit))
    except (lock.RevisionUnknown, lock.LockUnreadable):
        if revision != "HEAD":
            raise
        return None
    if then is None or now == then:
        return None
    command = f"promptgan data diff {revision}"
    try:
        found = Difference(versions.read(revision), versions.read())
    except (versions.NotInCache, versions.NothingValidated, versions.TableUnreadable) as error:
        return f"data changed since {revision}, but cannot be compared: {error.problem}\n  -> {error.remedy}"
    if not found.comparable:
        titles = f"{found.before.title} -> {found.after.title}"
        return f"data is another since {revision}: {titles}; {command} compares them"
    return f"data changed since {revision}: {headline(found)}; {command} shows them"


def headline(found: Difference) -> str:
    """The counts in one line, nothing that is zero."""
    shown = {kind: KINDS[kind][1].format(count) for kind, count in found.counts.items() if count}
    if first := next((kind for kind in ("added", "removed") if kind in shown), None):
        shown[first] += " row" if found.counts[first] == 1 else " rows"
    return ", ".join(shown.values()) or "no row, only their order or what is recorded beside them"


def verdict(found: Difference) -> str:
    """The comparison in one sentence."""
    if found.same:
        return "The two are the same bytes: nothing changed."
    if not found.comparable:
        return "No record is in both: these are different data sets altogether, and no row is compared with another."
    if found.before.md5 == found.after.md5:
        return (
            f"{headline(found)}. dvc.lock has the same data for both: {found.after.name} was changed by hand,"
            " and the next `make run` puts it right."
        )
    if not found.excluded:
        return f"{headline(found)}."
    are = "is" if found.excluded == 1 else "are"
    return (
        f"{headline(found)} ({found.excluded:,} of the removed {are} excluded by data/excluded.csv, and so neither read"
        " nor quarantined)."
    )


def _as_kept(frame: "pd.DataFrame", version: Version) -> "pd.DataFrame":
    """All records of a version, those in quarantine as validation would have made them."""
    section = version.stage.parameters
    kept = choose("promptgan.tasks", section["task"], "task", "audit").kept(frame, section["validate"])
    return frame.where(frame["split"] != QUARANTINE, kept)


def _counted(names: Any, **rows: "pd.Series[str]") -> "pd.DataFrame":
    """How often each name is in each series."""
    import pandas as pd

    counts = {name: series.value_counts() for name, series in rows.items()}
    return pd.DataFrame(counts, index=list(names)).fillna(0).astype(int)


def _shown(value: Any) -> str:
    text = "(nothing)" if value is None or value != value else str(samples.shown(value))
    return text if len(text) <= LONG else f"{text[: LONG - 3]}..."
