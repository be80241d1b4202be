"""Your own text: two columns of a CSV, TSV, JSONL or Parquet file, or plain text with one sentence a line.

`promptgan use local-text --path FILE` checks and imports the file and writes this section. Any of the formats may be
gzipped. A sentence of plain text is cut in two: its first words (characters, where it is Chinese) are the prompt.
"""

import codecs
import csv
import gzip
import hashlib
import io
import json
import re
import shlex
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from promptgan import base
from promptgan.data.sources import Licence, Local, Upstream, content_sha256

if TYPE_CHECKING:
    import pandas as pd

TASK = "text"

FORMATS = (".csv", ".tsv", ".jsonl", ".parquet", ".txt")
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # first: it begins with the mark of UTF-16
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


class UnknownFormat(base.PromptganError):
    """The file's name does not say a format that can be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: unknown kind of file {path.suffix!r}",
            f"name it for what it is: {', '.join(FORMATS)}, each also with .gz",
        )


class NotUtf8(base.PromptganError):
    """The file is in another encoding."""

    def __init__(self, path: Path, content: bytes, position: int) -> None:
        encoding, line = wide_encoding(content), content[:position].count(b"\n") + 1
        seen = f"byte 0x{content[position]:02x} at offset {position}, line {line}"
        name, new = shlex.quote(str(path)), shlex.quote(f"utf8-{path.name.removesuffix('.gz')}")
        zipped = path.name.lower().endswith(".gz")
        read = f"gzip -dc {name} | iconv" if zipped else "iconv"
        convert = f"`{read} -f {encoding or 'GB18030'} -t UTF-8 {'' if zipped else f'{name} '}> {new}`"
        super().__init__(
            f"{path}: not UTF-8{f' but {encoding}' if encoding else ''}: {seen}",
            f"convert it: {convert}" if encoding else f"convert it, for example {convert}, or `-f LATIN1`",
        )


class BrokenFile(base.PromptganError):
    """The file is damaged, or is not what its name says."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}", "repair the file, or name it for what it is, and import it again")


class WrongColumn(base.PromptganError):
    """A column is asked for that the file does not have."""

    def __init__(self, path: Path, problem: str, columns: list[str]) -> None:
        super().__init__(
            f"{path}: {problem}; its columns are: {', '.join(columns)}",
            "name two of them: `promptgan use local-text --path FILE --prompt COLUMN --text COLUMN`",
        )


class Parameters(base.Parameters):
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
    """Of a sentence of plain text that make its prompt; characters where it is Chinese."""

    @model_validator(mode="after")
    def _columns_fit_the_format(self) -> "Parameters":
        try:
            plain = format_of(Path(self.file)) == ".txt"
        except UnknownFormat as error:
            raise ValueError(error.problem) from error
        if plain and (self.prompt is not None or self.text is not None):
            raise ValueError("plain text has no columns: prompt and text must be null")
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
    """One record a row or line, in file order; equal prompts make a group, ids follow from the content."""
    pairs = read_pairs(raw / parameters.file, parameters.prompt, parameters.text, parameters.first_words)
    seen: Counter[str] = Counter()
    ids, groups = [], []
    for prompt, text in zip(pairs["prompt"], pairs["text"], strict=True):
        digest = _digest(prompt, text)
        ids.append(f"{digest}-{seen[digest]}")
        seen[digest] += 1
        groups.append(_digest(prompt))
    return pairs.assign(id=ids, group=groups)[["id", "group", "prompt", "text"]]


def read_pairs(path: Path, prompt: str | None, text: str | None, first_words: int) -> "pd.DataFrame":
    """The columns prompt and text of a file, as they are there.

    Args:
        path: a file of one of `FORMATS`, or of one of them gzipped.
        prompt: column of the prompt; None for plain text.
        text: column of the text; None for plain text.
        first_words: of a line of plain text that make its prompt.

    Raises:
        UnknownFormat, BrokenFile, NotUtf8, WrongColumn: what is wrong with the file.
    """
    import pandas as pd

    kind = format_of(path)
    content = _bytes(path)
    if kind == ".txt":
        lines = [line.strip() for line in _decoded(path, content).splitlines()]
        return pd.DataFrame([cut(line, first_words) for line in lines if line], columns=["prompt", "text"])
    if kind == ".parquet":
        try:
            table = pd.read_parquet(io.BytesIO(content))
        except Exception as error:  # pyarrow raises many kinds
            raise BrokenFile(path, f"not a readable Parquet file: {error}") from error
    elif kind == ".jsonl":
        table = pd.DataFrame(_json_lines(path, _decoded(path, content)))
    else:
        table = pd.DataFrame(_csv_rows(path, _decoded(path, content), "\t" if kind == ".tsv" else ","))
    columns = [str(column) for column in table.columns]
    if len(columns) < 2:
        hint = (
            " (is it separated by something else than its name says?)" if re.search("[;,\t|]", "".join(columns)) else ""
        )
        raise WrongColumn(path, f"two columns are needed{hint}", columns)
    for column in (prompt, text):
        if column not in columns:
            raise WrongColumn(path, f"no column {column!r}{base.nearest(str(column), columns)}", columns)
    return pd.DataFrame({"prompt": table[prompt].astype(object), "text": table[text].astype(object)})


def format_of(path: Path) -> str:
    """The format that a file name says, `.gz` left aside.

    Raises:
        UnknownFormat: it says none that can be read.
    """
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        raise UnknownFormat(path)
    return suffix


def cut(sentence: str, first_words: int) -> tuple[str, str]:
    """A sentence's first words and the rest; characters instead of words where most letters are Chinese."""
    letters = sum(character.isalpha() for character in sentence)
    if 2 * len(_HAN.findall(sentence)) > letters:
        return sentence[:first_words], sentence[first_words:].strip()
    parts = sentence.split(maxsplit=first_words)
    return " ".join(parts[:first_words]), parts[first_words] if len(parts) > first_words else ""


def _bytes(path: Path) -> bytes:
    content = path.read_bytes()
    if not path.name.lower().endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BrokenFile(path, f"not a readable gzip file: {error}") from error


def _decoded(path: Path, content: bytes) -> str:
    if encoding := wide_encoding(content):
        raise NotUtf8(path, content, content.index(0) if encoding not in _MARKS.values() else 0)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8(path, content, error.start) from error


def wide_encoding(content: bytes) -> str:
    """The encoding of two or four bytes a character that the first bytes show, as `iconv` calls it; or nothing.

    Windows programs write UTF-16 with a byte order mark; without one, Latin text has a zero in every other byte, and
    would otherwise pass for UTF-8.
    """
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    first = content[:1000]
    for position, encoding in ((1, "UTF-16LE"), (0, "UTF-16BE")):
        if len(first) > 1 and first[position::2].count(0) > len(first) / 4 and 0 not in first[1 - position :: 2]:
            return encoding
    return ""


def _csv_rows(path: Path, content: str, delimiter: str) -> dict[str, list[str | None]]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) < len(header):
            raise BrokenFile(path, f"two columns have the same name: {', '.join(header)}")
        rows = []
        for row in reader:
            if len(row) > len(header):
                raise BrokenFile(path, f"line {reader.line_num} has {len(row)} fields, the header has {len(header)}")
            if row:
                rows.append(row + [None] * (len(header) - len(row)))
    except csv.Error as error:
        raise BrokenFile(path, f"line {reader.line_num}: {error}") from error
    return {name: [row[position] for row in rows] for position, name in enumerate(header)}


def _json_lines(path: Path, content: str) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BrokenFile(path, f"line {number} is not JSON: {error}") from error
            if not isinstance(row, dict):
                raise BrokenFile(path, f"line {number} is not a JSON object")
            rows.append(row)
    return rows


def _digest(*parts: Any) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:16]
