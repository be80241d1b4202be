"""One generated sample: its row, and where the task says that it may come from."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.lineage import contents
from promptgan.lineage.lock import Lock
from promptgan.terms.systems import MODELS

if TYPE_CHECKING:
    import pandas as pd

SAMPLES = "samples/generated/samples.parquet"
TRAIN = "data/validated/train.parquet"


class SampleUnreadable(PromptganError):
    """The name of a sample is not FILE#ROW, the file is no table, or has no such row."""


def parse(name: str) -> tuple[str, int]:
    """The file and the row, counted from 0, of a sample's name.

    Raises:
        SampleUnreadable: the name is not FILE#ROW.
    """
    path, mark, row = name.partition("#")
    if not mark or not row.isdecimal():
        raise SampleUnreadable(
            f"{name}: a sample is FILE#ROW, its row counted from 0", f"as in `promptgan lineage why {SAMPLES}#17`"
        )
    return path, int(row)


def read(locked: Lock, path: str) -> "pd.DataFrame":
    """A Parquet file, from the very bytes that dvc.lock has.

    Raises:
        SampleUnreadable: it is no such file.
        NotTracked, BytesNotHere: it cannot be had.
    """
    import pandas as pd
    from pyarrow import ArrowInvalid

    try:
        return pd.read_parquet(contents.recorded(locked, path))
    except ArrowInvalid as error:
        raise SampleUnreadable(f"{path}: not a readable Parquet file", f"samples lie in {SAMPLES}") from error


def row_of(table: "pd.DataFrame", name: str) -> dict[str, Any]:
    """The columns of the row that FILE#ROW names, as Python has their values.

    Raises:
        SampleUnreadable: the table has no such row.
    """
    row = parse(name)[1]
    if row >= len(table):
        raise SampleUnreadable(f"{name}: the file has {len(table):,} rows", f"rows are 0 to {len(table) - 1}")
    return {str(k): v.item() if hasattr(v, "item") else v for k, v in table.iloc[row].items()}


def shown(value: Any) -> Any:
    """A value as JSON can hold it: of a picture, its size."""
    return f"{len(value):,} bytes" if isinstance(value, bytes) else value


def document(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row as JSON can hold it, without what is missing."""
    return {str(name): shown(value) for name, value in row.items() if value is not None and value == value}


def why(locked: Lock, name: str) -> dict[str, Any]:
    """Find what a sample was drawn with, and what the task's `likeness.origin` says of it.

    Raises:
        SampleUnreadable: there is no such sample.
        NotTracked, BytesNotHere: the samples or the training split cannot be had.
    """
    path, _ = parse(name)
    table, train = read(locked, path), read(locked, TRAIN)
    sample = row_of(table, name)
    maker = locked.producer(path)
    if "model" not in sample or maker is None:
        raise SampleUnreadable(f"{path} holds no samples of a model", f"samples lie in {SAMPLES}")
    task = next(stage.parameters["task"] for stage in locked.stages.values() if "task" in stage.parameters)
    stale = {used.path for stage in locked.back_from(maker) for used, _ in locked.stale(stage)}
    origin = choose("promptgan.tasks", task, "task", "likeness").origin(sample, table, train)
    return {
        "verdict": origin.pop("verdict"),
        "sample": document(sample),
        "model": f"models/{MODELS.get(sample['model'], sample['model'])}",
        "training_records": len(train),
        "made_anew_since": sorted(stale),
        **origin,
    }
