"""Your own labelled texts: two columns of a CSV, TSV, JSON, JSONL or Parquet file, which may be gzipped.

`promptgan use local-labels --path FILE --text COLUMN --label COLUMN` checks and imports the file and writes this
section. Labels may be numbers; spaces at their ends do not count.
"""

from collections import Counter
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Local, Upstream, content_sha256
from promptgan.data.tables.decoding import format_of
from promptgan.data.tables.groups import digest, group_of
from promptgan.data.tables.reading import WrongColumn, read_table

if TYPE_CHECKING:
    import pandas as pd

TASK = "classification"


class UnlabelledTable(PromptganError):
    """The file has no column of texts and another of labels by the names that were given."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            problem,
            "give a table and name two columns: `promptgan use local-labels --path FILE --text COLUMN --label COLUMN`",
        )


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["local_labels"]
    file: str = Field(pattern=r"^[^/\\\x00]+$")
    """Name of the imported file, which lies at data/own/SHA256/FILE."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of the imported file."""
    text: str
    """Column of the text."""
    label: str
    """Column of the label."""
    labels: Annotated[list[str], Field(min_length=2)]
    """The labels that are taken, all of the file to begin with; rows of others are left out."""
    group: str | None = None
    """Column that tells what belongs together and lies in one split, such as an author; equal texts, where it is null
    or a row has none."""


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from: the store of imported files."""
    return Upstream(
        title=f"own labelled data, {parameters.file}",
        licence=Licence("not stated", "unsure", "imported by the user"),
        sources=(Local(parameters.sha256, parameters.file),),
        content_sha256=content_sha256({parameters.file: parameters.sha256}),
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """One record a row of a label that is taken, or of nothing that is a label, in file order.

    Ids follow from the content, and so do groups where none are given: a row keeps its own wherever it stands in
    another version of the file.
    """
    frame = read(raw / parameters.file, parameters.text, parameters.label, parameters.group)
    taken = [not isinstance(label, str) or label in parameters.labels for label in frame["label"]]
    frame = frame[taken].reset_index(drop=True)
    seen: Counter[str] = Counter()
    ids = []
    for text, label in zip(frame["text"], frame["label"], strict=True):
        content = digest(text, label)
        ids.append(f"{content}-{seen[content]}")
        seen[content] += 1
    groups = [group_of(*each) for each in zip(frame["group"], frame["text"], strict=True)]
    frame = frame.assign(id=ids, group=groups, source="")
    return frame[["id", "group", "text", "label", "source"]]


def read(path: Path, text: str, label: str, group: str | None = None) -> "pd.DataFrame":
    """The columns text, label and group of a file: texts and groups as they are there, of labels the names, None where
    there is none.

    Args:
        path: a file of one of `promptgan.data.tables.decoding.FORMATS` but plain text, or of one of them gzipped.
        text: column of the text.
        label: column of the label.
        group: column of the group; None for no group.

    Raises:
        UnknownFormat, BrokenFile, NotUtf8, UnlabelledTable: what is wrong with the file.
    """
    import pandas as pd

    if format_of(path) == ".txt":
        raise UnlabelledTable(f"{path}: plain text has no labels")
    if text == label:
        raise UnlabelledTable(f"{path}: {text!r} cannot hold both texts and labels")
    table = read_table(path)
    try:
        texts, labels = table.column(path, text), table.column(path, label)
        groups = table.column(path, group) if group else [None] * len(texts)
    except WrongColumn as error:
        raise UnlabelledTable(error.problem) from error
    columns = {"text": texts, "label": [_name(value) for value in labels], "group": groups}
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def _name(value: Any) -> Any:
    """A label as text: of a number its digits, of 4.0 as of 4; what is neither is for validation to name."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and isfinite(value):
        return str(int(value) if value.is_integer() else value)
    return str(value) if isinstance(value, int) else value
