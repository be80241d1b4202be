"""The bytes of a file as text; what is no UTF-8 is named for what it is."""

import codecs
import gzip
import shlex
import zlib
from pathlib import Path

from promptgan.core.errors import PromptganError

FORMATS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".txt")
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # first: it begins with the mark of UTF-16
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_MAGIC = {
    b"\x1f\x8b": ("gzip", "add .gz to its name"),
    b"PK\x03\x04": ("a zip archive, as Excel workbooks are", "save its sheet as CSV in UTF-8, or unpack it"),
    b"PAR1": ("Parquet", "name it .parquet"),
    b"SQLite format 3": ("an SQLite database", "export a table of it as CSV"),
    b"%PDF": ("a PDF document", "save its text as .txt"),
    b"\xd0\xcf\x11\xe0": ("an old Office document", "save it as CSV in UTF-8"),
}
WORKBOOKS = {".xlsx", ".xls", ".xlsm", ".ods"}
WESTERN = {"CP1250", "CP1252", "CP1254", "CP1257", "LATIN-1", "ISO8859-1", "ISO8859-15", "CP850", "MAC-ROMAN"}
"""Guesses at what is most often Windows' Western encoding."""
_LOOKED_AT = 2**14
"""Bytes from the line of the first that is no UTF-8, from which an encoding is guessed: much ASCII would drown it."""


class UnknownFormat(PromptganError):
    """The file's name does not say a format that can be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: unknown kind of file {path.suffix!r}",
            "save its sheet as CSV in UTF-8"
            if path.suffix.lower() in WORKBOOKS
            else f"name it for what it is: {', '.join(FORMATS)}, each also with .gz",
        )


class BrokenFile(PromptganError):
    """The file is damaged, or is not what its name says."""

    def __init__(
        self,
        path: Path,
        reason: str,
        remedy: str = "repair the file, or name it for what it is, and import it again",
    ) -> None:
        super().__init__(f"{path}: {reason}", remedy)


class NotUtf8(PromptganError):
    """The file is in another encoding."""

    def __init__(self, path: Path, encoding: str, seen: str) -> None:
        name, new = shlex.quote(str(path)), shlex.quote(f"utf8-{path.name.removesuffix('.gz')}")
        read = f"gzip -dc {name} |" if path.name.lower().endswith(".gz") else ""
        there = "" if read else f" {name}"
        if encoding:
            remedy = f"convert it: `{read} iconv -f {encoding} -t UTF-8{there} > {new}`".replace("` ", "`")
        else:
            remedy = "save it as UTF-8 in the program that it comes from"
        super().__init__(f"{path}: not UTF-8{f' but {encoding}' if encoding else ''}: {seen}", remedy)


def format_of(path: Path) -> str:
    """The format that a file name says, `.gz` left aside.

    Raises:
        UnknownFormat: it says none that can be read.
    """
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        raise UnknownFormat(path)
    return suffix


def content_of(path: Path) -> bytes:
    """The bytes of a file, gunzipped where its name ends in ``.gz``.

    Raises:
        BrokenFile: it is no gzip file.
    """
    content = path.read_bytes()
    if not path.name.lower().endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BrokenFile(path, f"not a readable gzip file: {error}") from error


def text_of(path: Path, content: bytes) -> str:
    """The text of a file's bytes.

    Raises:
        BrokenFile: it is a file of another kind, such as a workbook.
        NotUtf8: it is text in another encoding; names it where it can be told.
    """
    for magic, (kind, remedy) in _MAGIC.items():
        if content.startswith(magic):
            raise BrokenFile(path, f"it is {kind}, not {format_of(path)}", remedy)
    if encoding := wide_encoding(content):
        raise NotUtf8(path, encoding, _place(content, content.index(0) if encoding not in _MARKS.values() else 0))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8(path, _narrow_encoding(content, error.start), _place(content, error.start)) from error


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


def _narrow_encoding(content: bytes, place: int) -> str:
    """The likeliest encoding of text that is no UTF-8 from ``place`` on, as `iconv` calls it; nothing where none is."""
    from charset_normalizer import from_bytes

    first = max(content.rfind(b"\n", 0, place) + 1, place - _LOOKED_AT)
    last = content.rfind(b"\n", place, place + _LOOKED_AT) + 1 or place + _LOOKED_AT  # not within a character
    best = from_bytes(content[first:last]).best()
    guess = best.encoding.replace("_", "-").upper() if best else ""
    name = "" if guess in ("ASCII", "UTF-8") else guess
    # Latin-1 has control characters where Windows' own encoding has the dashes and quotes that people type.
    if (not name or name in WESTERN) and _decodes(content, "cp1252"):
        return "WINDOWS-1252"
    return name


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _place(content: bytes, position: int) -> str:
    line = content[:position].count(b"\n") + 1
    return f"byte 0x{content[position]:02x} at offset {position}, line {line}"
