"""Whether a file holds a record: by its id or by its words."""

import gzip
import html
import json
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

HEAD_BYTES = 16
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""What an archive begins with, torch's checkpoints too."""
MIN_ID = 6
"""Characters of an id that is searched for in running text: a shorter one is found by coincidence."""
ID_COLUMNS = ("id", "prompt_id")
_SPACES = re.compile(r"\s+")


class Search:
    """Looks for records in Parquet and Arrow tables and in text: CSV, JSON, YAML, HTML, Markdown, also gzipped."""

    def __init__(self, ids: Iterable[str], phrases: Iterable[str]) -> None:
        """Take ids, and words that these records alone have."""
        self.ids, self.phrases = tuple(ids), tuple(phrases)
        forms = ((p, json.dumps(p)[1:-1], json.dumps(p, ensure_ascii=False)[1:-1]) for p in self.phrases)
        self._spelt = sorted({_folded(form) for spellings in forms for form in spellings})
        long = [re.escape(identifier.casefold()) for identifier in self.ids if len(identifier) >= MIN_ID]
        self._id = re.compile(rf"(?<![\w-])(?:{'|'.join(long)})(?![\w-])") if long else None

    def finds(self, path: Path) -> bool:
        """Whether a file has one of them; weights, archives and what cannot be read have none."""
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
            if head[:4] == b"PAR1" or head[:6] == b"ARROW1":
                return self._in_table(path, parquet=head[:4] == b"PAR1")
            header = int.from_bytes(head[:8], "little")  # its length, of safetensors; of text it is beyond any file
            if (head[8:9] == b"{" and header < path.stat().st_size) or head[:4] in ZIP:
                return False
            content = path.read_bytes()
            plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
            text = _folded(html.unescape(plain.decode("utf-8", "ignore")))
        except (OSError, EOFError, zlib.error, ValueError):
            return False
        return any(phrase in text for phrase in self._spelt) or bool(self._id and self._id.search(text))

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
            if any(pc.any(pc.match_substring(column, phrase, ignore_case=True)).as_py() for phrase in self.phrases):
                return True
        return False


def _folded(text: str) -> str:
    return _SPACES.sub(" ", text).casefold()
