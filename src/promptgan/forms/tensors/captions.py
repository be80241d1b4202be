"""Captions as numbers: a sentence about a label where there is none, its words, and their ids."""

import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from promptgan.core.files import write_json

FILE = "captions.json"
"""In the folder of arrays, and of a model that reads captions."""
PADDING, UNKNOWN = 0, 1
SPECIAL = ["[padding]", "[unknown]"]
"""What stands in the list of words for these ids."""
MOST_WORDS = 2**15 - len(SPECIAL)
"""Different ones that ids of 16 bits can number; of more the most frequent are kept."""
LONGEST = 32
"""Words of a caption that are read, at most."""
TEMPLATES = (
    "{a} {thing}",
    "the {thing}",
    "this is {a} {thing}",
    "a picture of {a} {thing}",
    "a picture of the {thing}",
    "an image of {a} {thing}",
    "one {thing}",
    "here is {a} {thing}",
)
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SOUNDS_LIKE_A_VOWEL = re.compile(
    r"(?!eu|ewe|one\b|once\b|uni(?![mn])|u[st][aeiou]|u\b)[aeiou]|hours?\b|heir|hono|honest|[fhlmnrsx]\b", re.IGNORECASE
)
"""How a word begins that takes "an"; a single letter is called by its name."""


@dataclass(frozen=True)
class Vocabulary:
    """The words that captions are read by.

    Args:
        words: by id; the first two are `SPECIAL`.
        length: T, words of a caption that are read.
    """

    words: list[str]
    length: int

    @classmethod
    def of(cls, captions: Iterable[str]) -> Self:
        """The words of these captions, the most frequent first, and the length of the longest, up to `LONGEST`."""
        read = [words_of(caption) for caption in captions]
        counts = Counter(word for words in read for word in words)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
        return cls(SPECIAL + ranked, min(LONGEST, max(map(len, read), default=1)))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The words that `write` left in a folder, of arrays or of a model."""
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(content["words"], content["caption_words"])

    def write(self, folder: Path) -> None:
        """Write `FILE` into a folder."""
        write_json(folder / FILE, {"words": self.words, "caption_words": self.length})

    def ids(self, captions: Iterable[str]) -> npt.NDArray[np.int16]:
        """The words of captions, int16 (N, T): `UNKNOWN` where training has not seen one, `PADDING` behind the last.

        A caption without a word is one unknown word.
        """
        number = {word: index for index, word in enumerate(self.words) if index >= len(SPECIAL)}
        rows = [[number.get(word, UNKNOWN) for word in words_of(caption)] or [UNKNOWN] for caption in captions]
        array = np.full((len(rows), self.length), PADDING, np.int16)
        for row, found in zip(array, rows, strict=True):
            row[: len(found)] = found[: self.length]
        return array


def words_of(caption: str) -> list[str]:
    """The words of a caption in lower case, without punctuation."""
    return re.findall(r"\w+", caption.lower())


def captions(identifiers: Iterable[str], labels: Iterable[str], own: Iterable[str | None] | None) -> Iterator[str]:
    """One caption a record: its own, where there is one, or a sentence about its label; see `caption_of`."""
    told = itertools.repeat(None) if own is None else own
    for identifier, label, caption in zip(identifiers, labels, told, strict=False):
        yield caption or caption_of(identifier, label)


def caption_of(identifier: str, label: str) -> str:
    """A sentence about a label, one of `TEMPLATES`: always the same for one record.

    Args:
        identifier: of the record, whose hash chooses.
        label: such as "ankle boot", "traffic_light", or "7", which is called the digit seven.
    """
    chosen = int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8]) % len(TEMPLATES)
    thing = " ".join(re.split(r"[\s_-]+", label.strip().lower()))
    if thing in DIGITS or (thing.isdecimal() and len(thing) == 1):
        thing = f"digit {thing if thing in DIGITS else DIGITS[int(thing)]}"
    return TEMPLATES[chosen].format(a="an" if SOUNDS_LIKE_A_VOWEL.match(thing) else "a", thing=thing)
