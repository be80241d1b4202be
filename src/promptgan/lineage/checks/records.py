"""Derived again: the records, and the texts of a corpus, from the raw files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from promptgan.core.choices import choose
from promptgan.core.errors import shown
from promptgan.core.parameters import validate_section
from promptgan.lineage.evidence import CORPUS, RAW, VALIDATED, Evidence
from promptgan.quality.exclusions import excluded, without
from promptgan.quality.splits import Shares, split_of
from promptgan.terms.audit import NOTHING, Found
from promptgan.terms.splits import RANKING


def from_raw(evidence: Evidence) -> Iterator[Found]:
    """Every record of data/validated stands in the raw files, in the split of its group's hash; none is missing."""
    stage = evidence.lock.stages["validate"]
    section = stage.parameters["data"]
    chosen = choose("promptgan.data.sets", section["name"], "data.name")
    task = choose("promptgan.tasks", stage.parameters["task"], "task", "audit")
    shares = validate_section(Shares, stage.parameters["validate"]["shares"], "validate.shares")
    frame = chosen.records(Path(RAW), validate_section(chosen.Parameters, section, "data"))
    columns = [str(column) for column in frame.columns]
    wanted = without(frame, excluded(section["name"]))
    raw, kept = _by_id(frame), _by_id(task.kept(wanted, stage.parameters["validate"]))
    unseen = Counter(kept.keys())
    remedy = "`dvc checkout data/validated`; where the lock was edited too, `dvc repro --force validate`"
    for name in [*RANKING, "quarantine"]:
        path = f"{VALIDATED}/{name}.parquet"
        table = evidence.table(path)
        for row in zip(*(table[column].to_pylist() for column in columns), strict=True):
            record = dict(zip(columns, row, strict=True))
            unseen[record["id"]] -= 1
            if (source := raw.get(record["id"])) is None:
                yield Found(f"{path} {record['id']} -> data/raw", "a record of the raw files", NOTHING, remedy)
                continue
            derived = source if name == "quarantine" else kept.get(record["id"], row)
            for column, value, expected, found in zip(columns, source, derived, row, strict=True):
                if expected != found and (isinstance(value, str) or name != "quarantine"):
                    told = (shown(expected), shown(found), remedy)
                    yield Found(f"{path} {record['id']} {column} -> data/raw", *told)
            if name != "quarantine" and (split := split_of(record["group"], shares)) != name:
                yield Found(f"{path} {record['id']} -> hash of its group", f"split {split}", f"split {name}", remedy)
    for id, missing in sorted((str(id), count) for id, count in unseen.items() if count):
        found = "in none of the tables" if missing > 0 else "more than once, or though it is excluded"
        yield Found(f"data/raw {id} -> {VALIDATED}", "in one of the tables", found, remedy)


def corpus_from_raw(evidence: Evidence) -> Iterator[Found]:
    """Every text of data/validated/corpus.parquet stands in the files of the corpus, and none is a held-out text."""
    stage, path = evidence.lock.stages["validate"], f"{VALIDATED}/corpus.parquet"
    name = stage.parameters.get("corpus", {}).get("name", "none")  # a run from before there was a choice has none
    if name == "none":
        return
    chosen = choose("promptgan.data.sets", name, "corpus.name")
    task = choose("promptgan.tasks", stage.parameters["task"], "task", "audit")
    frame = without(chosen.records(Path(CORPUS), chosen.Parameters(name=name)), excluded(name))
    table = evidence.table(path)
    derived = _by_id(task.kept(frame, {"prompt": {"kind": "none"}})[table.column_names])
    others = (evidence.table(f"{VALIDATED}/{split}.parquet") for split in RANKING[:-1])
    held_out = {text for other in others for text in other["text"].to_pylist()}
    remedy = "`dvc checkout data/validated`; where the lock was edited too, `dvc repro --force validate`"
    for row in table.to_pylist():
        if (expected := derived.get(row["id"], NOTHING)) != tuple(row.values()):
            yield Found(f"{path} {row['id']} -> {CORPUS}", str(expected), str(tuple(row.values())), remedy)
        if row["text"] in held_out:
            yield Found(f"{path} {row['id']} -> {VALIDATED}", "no text of val, test or judge", row["text"], remedy)


def _by_id(frame: Any) -> dict[Any, tuple[Any, ...]]:
    return dict(zip(frame["id"], zip(*(frame[column] for column in frame), strict=True), strict=True))
