"""Your own text: two columns of a CSV, TSV, JSONL or Parquet file, or plain text with one sentence a line.

`promptgan use local-text --path FILE` checks and imports the file and writes this section. Any of the formats may be
gzipped. A sentence of plain text is cut in two: its first words (characters, where it is Chinese) are the prompt.
"""

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Local, Upstream, content_sha256
from promptgan.data.tables.decoding import UnknownFormat, format_of
from promptgan.data.tables.groups import digest, group_of
from promptgan.data.tables.reading import WrongColumn, lines_of, read_table

if TYPE_CHECKING:
    import pandas as pd

TASK = "text"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["local_text"]
    file: str = Field(pattern=r"^[^/\\\x00]+$")
    """Name of the imported file, which lies at data/own/SHA256/FILE."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of the imported file."""
    prompt: str | None
    """Column of the prompt; null for plain text."""
    text: str | None
    """Column of the text; null for plain text."""
    first_words: int = Field(ge=1)
    """Of a sentence of plain text that make its prompt; characters, in scripts without spaces."""
    group: str | None = None
    """Column that tells what belongs together and lies in one split, such as a conversation; equal prompts, and turns
    of a chat, where it is null or a row has none."""

    @model_validator(mode="after")
    def _columns_fit_the_format(self) -> "Parameters":
        try:
            plain = format_of(Path(self.file)) == ".txt"
        except UnknownFormat as error:
            raise ValueError(error.problem) from error
        if plain and (self.prompt, self.text, self.group) != (None, None, None):
            raise ValueError("plain text has no columns: prompt, text and group must be null")
        if not plain and (self.prompt is None or self.text is None or self.prompt == self.text):
            raise ValueError("prompt and text must name two columns of the file")
        return self


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from: the store of imported files."""
    return Upstream(
        title=f"own data, {parameters.file}",
        licence=Licence("not stated", "unsure", "imported by the user"),
        sources=(Local(parameters.sha256, parameters.file),),
        content_sha256=content_sha256({parameters.file: parameters.sha256}),
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """One record a row or line, in file order; ids follow from the content, and so do groups where none are given."""
    p = parameters
    pairs = read_pairs(raw / p.file, p.prompt, p.text, p.first_words, p.group)
    seen: Counter[str] = Counter()
    ids = []
    for pair in zip(pairs["prompt"], pairs["text"], strict=True):
        content = digest(*pair)
        ids.append(f"{content}-{seen[content]}")
        seen[content] += 1
    return pairs.assign(id=ids)[["id", "group", "prompt", "text"]]


def read_pairs(
    path: Path, prompt: str | None, text: str | None, first_words: int, group: str | None = None
) -> "pd.DataFrame":
    """The columns prompt and text of a file, as they are there, and the group of each row.

    Args:
        path: a file of one of `promptgan.data.tables.decoding.FORMATS`, or of one of them gzipped.
        prompt: column of the prompt; None for plain text.
        text: column of the text; None for plain text.
        first_words: of a line of plain text that make its prompt.
        group: column of the group; where it is None or a row has none, rows of one prompt are a group, of a chat those
            whose chats begin with one.

    Raises:
        UnknownFormat, BrokenFile, NotUtf8, WrongColumn: what is wrong with the file.
    """
    import pandas as pd

    if format_of(path) == ".txt":
        from promptgan.terms.words import cut

        cuts = [cut(line, first_words) for line in lines_of(path)]
        rows = [(prompt, text, group_of(None, prompt)) for prompt, text in cuts]
        return pd.DataFrame(rows, columns=["prompt", "text", "group"])
    table = read_table(path)
    if len([name for name in table.names if name]) < 2:
        joined = "".join(table.names)
        hint = " (is it separated by something else than its name says?)" if re.search("[;,\t|]", joined) else ""
        raise WrongColumn(path, f"two columns are needed{hint}", table.names)
    columns = {side: table.column(path, str(name)) for side, name in (("prompt", prompt), ("text", text))}
    named = table.column(path, group) if group else [None] * len(table.rows)
    columns["group"] = [group_of(*each) for each in zip(named, table.openings or columns["prompt"], strict=True)]
    return pd.DataFrame({side: pd.Series(values, dtype=object) for side, values in columns.items()})
