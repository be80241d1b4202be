"""What the stage validate leaves behind: Parquet files and a summary that are byte-stable, and a table to look at."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptgan.core.files import write_json
from promptgan.core.parameters import StageParameters
from promptgan.core.record import write_run

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Validated:
    """Records fit for training, by split, and those that are not."""

    splits: "dict[str, pd.DataFrame]"
    """Canonical columns, in source order."""
    quarantine: "pd.DataFrame"
    """Canonical columns as they came, and `rule` and `reason`; in source order."""
    summary: dict[str, Any]
    """What metrics/validation.json holds: numbers, and as lists the rules and the expectations."""
    corpus: "pd.DataFrame | None" = None
    """Texts to pretrain on, where the recipe has a corpus."""


def write(
    validated: Validated,
    inputs: Sequence[Path],
    out: Path,
    metrics: Path,
    parameters: StageParameters,
    beside: Sequence[Path] = (),
) -> None:
    """Write the folder ``out``, whole or not at all, and then the summary ``metrics``.

    Args:
        validated: what is written.
        inputs: the folders that were read, that of the data set first.
        out: the folder; an old one is replaced.
        metrics: the file of the summary.
        parameters: of the stage.
        beside: files that are copied into the folder.
    """
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        tables = {**validated.splits, "quarantine": validated.quarantine, "corpus": validated.corpus}
        for name, frame in tables.items():
            if frame is not None:
                write_parquet(frame, partial / f"{name}.parquet")
        for file in beside:
            shutil.copyfile(file, partial / file.name)
        write_run(partial, "validate", parameters, list(inputs))
        shutil.rmtree(out, ignore_errors=True)
        partial.replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    provenance = json.loads((inputs[0] / "provenance.json").read_bytes())
    data = {key: provenance[key] for key in ("title", "content_sha256")}
    write_json(metrics, {"data": data, **validated.summary})


def write_parquet(frame: "pd.DataFrame", path: Path) -> None:
    """Write a table of strings, or of bytes, in its row order, without index or pandas' metadata.

    Equal rows are equal bytes. A value that is neither, which only quarantine can hold, is written as Python shows it;
    a missing one is null.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {}
    for name in frame.columns:
        values = list(frame[name])
        if values and all(isinstance(value, bytes) for value in values):
            columns[name] = pa.array(values, pa.binary())
        else:
            columns[name] = pa.array([_storable(value) for value in values], pa.string())
    pq.write_table(pa.table(columns), path, compression="zstd", row_group_size=2**16)


def show(summary: dict[str, Any]) -> None:
    """Print rows by split and quarantine by rule on a terminal; one line where there is none."""
    from rich.console import Console
    from rich.table import Table

    console, rows = Console(), summary["rows"]
    found = [entry for entry in summary["quarantine"] if entry["rows"]]
    if corpus := summary.get("corpus"):
        rows = {**rows, "corpus": corpus["kept"]}
    if not console.is_terminal:
        rules = ", ".join(f"{entry['rule']} {entry['rows']}" for entry in found)
        print(", ".join(f"{name} {count}" for name, count in rows.items()) + (f" ({rules})" if rules else ""))
        return
    table = Table("rows", "", title="validated records")
    table.columns[1].justify = "right"
    for name, count in rows.items():
        table.add_row(name, f"{count:,}")
        if name == "quarantined":
            for entry in found:
                table.add_row(f"  {entry['rule']}", f"{entry['rows']:,}", style="yellow")
    console.print(table)


@contextmanager
def data_docs(folder: Path | None) -> Iterator[Any]:
    """A Great Expectations context whose Data Docs are built at the end, also where a table rule stops the pipeline."""
    from promptgan.quality.expectations import new_context

    if folder is None:
        yield new_context()
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    context = new_context(folder)
    try:
        yield context
    finally:
        context.build_data_docs()
        print(f"Data Docs, to open in a browser: {folder / 'gx/uncommitted/data_docs/local_site/index.html'}")


def _storable(value: Any) -> str | None:
    import pandas as pd

    if isinstance(value, str):
        return value
    return None if pd.api.types.is_scalar(value) and pd.isna(value) else repr(value)
