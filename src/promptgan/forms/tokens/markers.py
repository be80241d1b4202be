"""The words that mark which of two labels a text has, and prompts that ask for others in their place."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Self

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.form import MARKERS

if TYPE_CHECKING:
    from tokenizers import Encoding


class NoMarkers(PromptganError):
    """A folder of tokens, or of a model, does not hold the words that mark its labels."""


class Markers:
    """N-grams of words that one of two labels has far more often than the other.

    Args:
        grams: of each label by its name; the words of an n-gram are parted by a space.
    """

    def __init__(self, grams: Mapping[str, Sequence[str]]) -> None:
        self.grams = grams
        self.all = frozenset(gram for each in grams.values() for gram in each)
        self.longest = max((gram.count(" ") + 1 for gram in self.all), default=0)

    @classmethod
    def counted(
        cls, texts: Sequence["Encoding"], labels: Sequence[str], longest: int, threshold: float, smoothing: float
    ) -> Self:
        """The n-grams of up to ``longest`` words whose salience for their label is ``threshold`` or more.

        Salience is (n + s) / (m + s) with n and m the counts in texts of the label and of the other one, and s the
        smoothing (Li et al., 2018, Delete, Retrieve, Generate, arXiv:1804.06437, section 3.1).
        """
        counts: dict[str, Counter[str]] = {label: Counter() for label in sorted(set(labels))}
        for text, label in zip(texts, labels, strict=True):
            counts[label].update(gram for gram, _, _ in _grams(words_of(text), longest))
        (one, ones), (other, others) = counts.items()
        return cls(
            {
                label: sorted(gram for gram, n in own.items() if n + smoothing >= threshold * (rest[gram] + smoothing))
                for label, own, rest in ((one, ones, others), (other, others, ones))
            }
        )

    def content(self, text: "Encoding") -> list[list[int]]:
        """The token ids of each word that is part of no marker, and an empty list for each run of the others."""
        words = words_of(text)
        marked = {
            place
            for gram, first, behind in _grams(words, self.longest)
            if gram in self.all
            for place in range(first, behind)
        }
        kept = []
        for gap, run in groupby(enumerate(words), lambda word: word[0] in marked):
            kept += [[]] if gap else [ids for _, (_, ids) in run]
        return kept

    def save(self, folder: Path) -> None:
        """Write ``markers.json``, which a person can read."""
        write_json(folder / MARKERS, dict(self.grams))


def load_markers(folder: Path) -> Markers:
    """The markers of a tokens or model folder.

    Raises:
        NoMarkers: they are missing or broken.
    """
    try:
        return Markers(json.loads((folder / MARKERS).read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError) as error:
        raise NoMarkers(f"{folder / MARKERS} cannot be loaded: {error}", "restore it with `dvc checkout`") from error


def asked(label: int, content: Sequence[list[int]], limit: int) -> list[int]:
    """The prompt, of at most ``limit`` tokens, that asks for a content under the label whose token is ``label``.

    That token begins it, and stands wherever words were taken out, as the mask does in Wu et al., 2019, Mask and
    infill, arXiv:1908.08039.
    """
    return [label, *(token for word in content for token in word or [label])][:limit]


def words_of(text: "Encoding") -> list[tuple[str, list[int]]]:
    """The words and marks that byte-level BPE keeps apart, each with its token ids.

    Args:
        text: of a sentence, without special tokens.
    """
    pieces = zip(text.word_ids, text.tokens, text.ids, strict=True)
    runs = (list(run) for _, run in groupby(pieces, lambda piece: piece[0]))
    return [("".join(token for _, token, _ in run).lstrip("Ġ"), [token for _, _, token in run]) for run in runs]


def _grams(words: Sequence[tuple[str, list[int]]], longest: int) -> Iterator[tuple[str, int, int]]:
    """The n-grams of up to ``longest`` words, each with the place of its first word and that behind its last."""
    for n in range(1, longest + 1):
        for first in range(len(words) - n + 1):
            yield " ".join(word for word, _ in words[first : first + n]), first, first + n
