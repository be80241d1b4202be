"""Whether a file holds a record: by its id or by its words."""

import gzip
import html
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

Found = Literal["it", "shared words"]
"""The record by its id or its own words, or only words that other records have too."""
HEAD_BYTES = 16
MIN_ID = 6
"""Characters of an id that is searched for in running text: a shorter one is found by coincidence."""
ID_COLUMNS = ("id", "prompt_id")
_SPACES = re.compile(r"\s+")


class Search:
    """Looks for records in Parquet and Arrow tables and in text: CSV, JSON, YAML, HTML, Markdown, also gzipped.

    Words that other records have too tell little: data has them for the other records' sake, and a page or a README
    may quote either.
    """

    def __init__(self, ids: Iterable[str], own: Iterable[str], shared: Iterable[str] = ()) -> None:
        """Take ids, prompts and texts of the records alone, and those that other records have too."""
        self.ids = tuple(ids)
        self.own = tuple(own)
        self._own = _spelt(self.own)
        self._shared = _spelt(tuple(shared))
        long = [re.escape(identifier.casefold()) for identifier in self.ids if len(identifier) >= MIN_ID]
        self._id = re.compile(rf"(?<![\w-])(?:{'|'.join(long)})(?![\w-])") if long else None

    def look(self, path: Path, data: bool) -> Found | None:
        """What a file has of the records; None for nothing, for weights and archives, and for what cannot be read.

        Args:
            path: the file.
            data: it is data, and no text that quotes some of it.
        """
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
            if head[:4] == b"PAR1" or head[:6] == b"ARROW1":
                return "it" if self._in_table(path, parquet=head[:4] == b"PAR1") else None
            if head[8:9] == b"{" or head[:2] == b"PK":  # safetensors; zip, torch's checkpoints too
                return None
            content = path.read_bytes()
            text = _folded(html.unescape(_unpacked(content).decode("utf-8", "ignore")))
        except (OSError, EOFError, zlib.error, ValueError):
            return None
        if any(side in text for side in self._own) or (self._id and self._id.search(text)):
            return "it"
        return "shared words" if not data and any(side in text for side in self._shared) else None

    def _in_table(self, path: Path, parquet: bool) -> bool:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        table = pq.read_table(path) if parquet else pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        for name, column in zip(table.column_names, table.columns, strict=True):
            if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
                continue
            if name in ID_COLUMNS and pc.any(pc.is_in(column, pa.array(self.ids, column.type))).as_py():
                return True
            if any(pc.any(pc.match_substring(column, side, ignore_case=True)).as_py() for side in self.own):
                return True
        return False


def _unpacked(content: bytes) -> bytes:
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def _spelt(sides: tuple[str, ...]) -> list[str]:
    """The sides as they are and as JSON writes them."""
    forms = ((side, json.dumps(side)[1:-1], json.dumps(side, ensure_ascii=False)[1:-1]) for side in sides)
    return sorted({_folded(form) for spellings in forms for form in spellings})


def _folded(text: str) -> str:
    return _SPACES.sub(" ", text).casefold()
