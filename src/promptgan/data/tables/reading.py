"""Tables out of files: what a row is in each format, and what is said of rows that cannot be."""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError, nearest
from promptgan.data.tables.decoding import BrokenFile, content_of, format_of, text_of

MOST_LINES = 50
"""That a quoted cell of CSV may run over; one that runs on begins with a quote that was not meant as one."""
CHATS = {"messages": ("role", "content"), "conversations": ("from", "value")}
"""Columns of a chat export, as OpenAI and as ShareGPT have it, a list of who said what; and the keys of these two."""
ROLES = {"user": "prompt", "assistant": "text"}
SPEAKERS = {"human": "user", "gpt": "assistant"}
"""What ShareGPT calls the roles."""


class WrongColumn(PromptganError):
    """A column is asked for that the file does not have, or has twice."""

    def __init__(self, path: Path, problem: str, columns: list[str]) -> None:
        super().__init__(
            f"{path}: {problem}; its columns are: {', '.join(map(repr, columns))}",
            "name two of them: `promptgan use local-text --path FILE --prompt COLUMN --text COLUMN`",
        )


@dataclass(frozen=True)
class Table:
    """The columns of a file."""

    names: list[str]
    """As they stand there; some may be empty or equal."""
    rows: list[list[Any]]
    """As long as ``names``, or shorter."""
    openings: list[Any] = field(default_factory=list)
    """Of exchanges of chats, row by row, what the user says first in the chat; of any other table nothing."""

    def column(self, path: Path, name: str) -> list[Any]:
        """The values of a column, None where a row has none.

        Raises:
            WrongColumn: there is no such column, or there are two.
        """
        if self.names.count(name) != 1:
            twice = "two columns have the same name" if name in self.names else "no column"
            named = [each for each in self.names if each]
            raise WrongColumn(path, f"{twice} {name!r}{nearest(repr(name), [repr(n) for n in named])}", named)
        position = self.names.index(name)
        return [row[position] if position < len(row) else None for row in self.rows]


def read_table(path: Path) -> Table:
    """The table that a file holds.

    Raises:
        UnknownFormat, BrokenFile, NotUtf8: what is wrong with the file.
    """
    kind, content = format_of(path), content_of(path)
    if kind == ".parquet":
        return _parquet(path, content)
    text = text_of(path, content)
    if kind == ".tsv":
        return _tsv(path, text)
    if kind == ".csv":
        return _csv(path, text)
    return _objects(_json(path, text, lines=kind != ".json"))


def lines_of(path: Path) -> list[str]:
    """The lines of plain text that hold anything, without spaces at their ends.

    A line ends in a line feed alone: what else Unicode calls the end of a line stands inside of people's sentences.
    """
    lines = (line.strip() for line in text_of(path, content_of(path)).split("\n"))
    return [line for line in lines if line]


def _parquet(path: Path, content: bytes) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(io.BytesIO(content)).read()  # which two columns of one name do not stop
    except (OSError, pa.ArrowException) as error:
        raise BrokenFile(path, f"not a readable Parquet file: {str(error).splitlines()[0]}") from error
    rows = list(map(list, zip(*(column.to_pylist() for column in table.columns), strict=True)))
    return Table([str(name) for name in table.column_names], rows)


def _tsv(path: Path, text: str) -> Table:
    """Tab-separated values have no quoting; some programs quote whole cells all the same."""
    rows = [[_unquoted(cell) for cell in line.rstrip("\r").split("\t")] for line in text.split("\n") if line.strip()]
    return _checked(path, ((number, row) for number, row in enumerate(rows, start=1)))


def _unquoted(cell: str) -> str:
    whole = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")
    return cell[1:-1].replace('""', '"') if whole else cell


def _csv(path: Path, text: str) -> Table:
    first, _, rest = text.partition("\n")
    delimiter = ","
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:  # for Excel, before the header
        delimiter, text = first.strip()[4], rest
    elif "," not in first and ";" in first:  # as Excel writes where the comma is the decimal mark
        delimiter = ";"
    return _checked(path, _csv_rows(path, text, delimiter))


def _csv_rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    before = csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    line = 0
    try:
        for row in reader:
            if reader.line_num - line > MOST_LINES:
                _refuse_open_quote(path, line + 1, reader.line_num)
            line = reader.line_num
            yield line, row
    except csv.Error as error:
        if reader.line_num - line > MOST_LINES:
            _refuse_open_quote(path, line + 1, reader.line_num)
        raise BrokenFile(path, f"line {reader.line_num}: {error}") from error
    finally:
        csv.field_size_limit(before)


def _refuse_open_quote(path: Path, first: int, last: int) -> None:
    raise BrokenFile(
        path,
        f"a quoted cell runs from line {first} to line {last}; most likely a quote there is not meant as one",
        f'double the quote (""), or remove it; a cell may run over {MOST_LINES} lines',
    )


def _checked(path: Path, rows: Iterable[tuple[int, list[str]]]) -> Table:
    names: list[str] = []
    kept: list[list[Any]] = []
    for number, row in rows:
        if not names:
            names = [name.strip() for name in row]
        elif any(cell.strip() for cell in row[len(names) :]):
            raise BrokenFile(
                path,
                f"line {number} has {len(row)} fields, the header has {len(names)}",
                "save a table with tabs in cells as CSV"
                if format_of(path) == ".tsv"
                else 'put a cell that holds the separator into quotes ("...")',
            )
        elif row:
            kept.append(list(row[: len(names)]))
    return Table(names, kept)


def _json(path: Path, text: str, *, lines: bool) -> list[Any]:
    if not lines or text.lstrip().startswith("["):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BrokenFile(path, f"not JSON: {error}") from error
        found = document if isinstance(document, list) else _only_list(document)
        if found is None:
            raise BrokenFile(path, "neither a list of objects nor an object that holds one list", "save it as a list")
    else:
        found = []
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                try:
                    found.append(json.loads(line))
                except (ValueError, RecursionError) as error:
                    raise BrokenFile(path, f"line {number} is not JSON: {error}") from error
    for number, row in enumerate(found, start=1):
        if not isinstance(row, dict):
            raise BrokenFile(path, f"{'line' if lines else 'item'} {number} is not a JSON object")
    return found


def _only_list(document: Any) -> list[Any] | None:
    lists = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
    return lists[0] if len(lists) == 1 else None


def _objects(found: list[dict[str, Any]]) -> Table:
    names = list(dict.fromkeys(name for row in found for name in row))
    chat = next((name for name in CHATS if name in names), None)
    if chat and not set(ROLES.values()) <= set(names):
        others = [name for name in names if name not in (chat, *ROLES.values())]
        rows, openings = [], []
        for row in found:
            said = list(_exchanges(row.get(chat), *CHATS[chat]))
            rows += [[*pair, *map(row.get, others)] for pair in said]
            openings += [said[0][0] for _ in said]
        return Table([*ROLES.values(), *others], rows, openings)
    return Table(names, [[row.get(name) for name in names] for row in found])


def _exchanges(messages: Any, who: str, what: str) -> Iterator[list[Any]]:
    """What the user says and the assistant answers next, as prompt and text."""
    turns = [each for each in messages if isinstance(each, dict)] if isinstance(messages, list) else []
    said = [(SPEAKERS.get(str(each.get(who)), each.get(who)), _text(each.get(what))) for each in turns]
    for (one, prompt), (other, text) in pairwise(said):
        if (one, other) == tuple(ROLES):
            yield [prompt, text]


def _text(content: Any) -> Any:
    """Of content in parts the texts, one below the other."""
    if not isinstance(content, list):
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    return "\n".join(part for part in parts if isinstance(part, str)) or None
