"""The files of the Brown corpus: every word carries a tag, and punctuation stands apart."""

import re
from collections.abc import Iterator
from pathlib import Path

CATEGORIES = "cats.txt"
SPACES = [
    (re.compile(r"([?!;:]) \1"), r"\1"),  # the files double these marks
    (re.compile(r" ([,.;:?!)\]%]|'')"), r"\1"),
    (re.compile(r"(``|[(\[$]) "), r"\1"),
    (re.compile(r"``|''"), '"'),
]
"""What is replaced, in turn, in words joined by spaces."""


def samples(raw: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Name, genre and sentences of each sample, sorted by name; words are put together again as they were printed."""
    lines = (raw / CATEGORIES).read_text(encoding="utf-8").splitlines()
    for sample, genre in sorted(dict(line.split() for line in lines if line.strip()).items()):
        lines = (raw / sample).read_text(encoding="utf-8").splitlines()
        yield sample, genre, [_sentence(line) for line in lines if line.strip()]


def _sentence(line: str) -> str:
    text = " ".join(token.rpartition("/")[0] for token in line.split())
    for pattern, replacement in SPACES:
        text = pattern.sub(replacement, text)
    return text
