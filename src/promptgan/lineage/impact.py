"""Everything downstream of a file or of a record."""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from promptgan.core.choices import choose
from promptgan.lineage import contents, samples
from promptgan.lineage.contents import BytesNotHere, NotTracked
from promptgan.lineage.evidence import RAW, VALIDATED
from promptgan.lineage.history import History
from promptgan.lineage.lock import Lock, lies_in
from promptgan.lineage.records import versions
from promptgan.lineage.target import resolve
from promptgan.lineage.trace import run_of
from promptgan.quality.exclusions import LIST, excluded

TOKENS = "data/tokens"


def of_file(asked: str, locked: Lock) -> dict[str, Any]:
    """Find everything downstream of an output, a file in one, or another dependency.

    Raises:
        UnknownTarget: dvc.lock has no such file.
    """
    target = resolve(asked, locked)
    maker = locked.producer(target.path)
    return {
        "target": {"name": target.name, "path": target.path, "md5": target.md5},
        "recorded_as": asdict(target.recorded_as),
        "workspace": contents.state(target.recorded_as),
        "made_by": maker.name if maker else None,
        "reached": _reached(target.path, locked),
    }


def of_record(record: str, locked: Lock) -> dict[str, Any]:
    """Find a record, its relatives, and everything that it reaches.

    Raises:
        UnknownRecord: no output and no exclusion list has it; names near ids.
        BytesNotHere: data/validated is not here.
        ExclusionsUnreadable: data/excluded.csv is broken.
    """
    tables = {place: contents.recorded(locked, f"{VALIDATED}/{place}.parquet") for place in versions.TABLES}
    table = versions.concatenated(tables, "dvc.lock")
    validate = next(stage for stage in locked.stages.values() if "validate" in stage.parameters).parameters
    listed = excluded(validate["data"]["name"]).get(record)
    found = table[table["id"] == record]
    if found.empty:
        if listed is None:
            raise versions.UnknownRecord(record, "dvc.lock", table["id"])
        return {"id": record, "excluded": listed}
    row = found.iloc[0].to_dict()
    likeness = choose("promptgan.tasks", validate["task"], "task", "likeness")
    others = table[table["id"] != record]
    kinds = likeness.relatives(found, others, validate["validate"])
    files = _files(locked, row["split"])
    written: Any = None
    with suppress(NotTracked, BytesNotHere):
        written = samples.read(locked, samples.SAMPLES)
    asked: Any = None
    if written is not None and "prompt_id" in written:
        asked = ((written["prompt_id"] == record) & (written["prompt"] != "")).to_numpy().nonzero()[0].tolist()
    return {
        "id": record,
        "place": row.pop("split"),
        **{name: value for name, value in samples.document(row).items() if name != "id"},
        "excluded": listed,
        "records_of_its_group": int((table["group"] == row["group"]).sum()),
        "files": files,
        "uses": [_use(each, locked, files) for each in _reached(str(LIST), locked)],
        "relatives": [
            {**samples.document(other), "kind": kind}
            for kind, other in zip(kinds, others.to_dict("records"), strict=True)
            if kind
        ],
        "asked": asked,
        "repeated_by": None if written is None else likeness.repeats(row, written),
    }


def _reached(path: str, locked: Lock) -> list[dict[str, Any]]:
    """The stages downstream of a path in the order of dvc.yaml, with their outputs and where these are committed."""
    history = History()
    direct = {stage.name for stage in locked.consumers(path)}
    return [
        {
            "stage": stage.name,
            "direct": stage.name in direct,
            "outputs": [
                {**asdict(out), "in_git": out.path in locked.in_git, "commit": history.find(out)}
                for out in stage.outputs
            ],
        }
        for stage in locked.downstream(path)
    ]


def _use(reached: dict[str, Any], locked: Lock, files: list[str]) -> dict[str, Any]:
    """How a stage is related to a record: which of the files that hold it the stage read, as its run.json has it."""
    run = run_of(locked.stages[reached["stage"]])
    inputs = run["inputs"] if run else {}
    reads = [file for file in files if any(lies_in(path, file) for path in inputs)]
    return {**reached, "reads": reads, "records_what_it_reads": run is not None}


def _files(locked: Lock, place: str) -> list[str]:
    """What holds a record: the raw data as a whole, and the files of later stages that are named after its place."""
    folders = [out for _, out in locked.outputs() if out.path in (VALIDATED, TOKENS)]
    names = [Path(out.path, name) for out in folders for name in contents.listing(out) or {}]
    return [RAW, *(name.as_posix() for name in names if name.name.partition(".")[0] == place)]
