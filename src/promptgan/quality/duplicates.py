"""Near duplicates across splits, found exactly and in a time that is nearly linear in the records.

Two records are near duplicates where the Jaccard similarity of their word n-gram shingles reaches a threshold (Broder
1997). Sets that similar share one of the |x| - ceil(t |x|) + 1 rarest shingles of each (prefix filtering; Chaudhuri,
Ganti and Kaushik 2006). Two that share a rare shingle share a rare one among those; there are few of them to compare.
Two that share frequent shingles alone differ in their rare ones entirely, so their similarity follows from their sizes
and what their frequent shingles have in common: records with the same frequent shingles, such as those of many prompts
with one answer, are looked up together.
"""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from promptgan.core.parameters import Section

FREQUENT = 32
"""Records from which on a shingle is frequent: the most that a rare one leads to."""

Ids = tuple[int, ...]


class NearDuplicates(Section):
    """When two records count as near duplicates."""

    shingle_words: int = Field(ge=1, le=10)
    """Words of a shingle."""
    threshold: float = Field(gt=0, le=1)
    """Jaccard similarity from which on two records are near duplicates; 1 leaves only equal words."""


def higher_ranked_copies(
    records: Sequence[Sequence[Sequence[str]]], ranks: Sequence[int], measure: NearDuplicates
) -> list[int | None]:
    """For every record, the smallest position of a near duplicate of lower rank number that is kept, or None.

    A record that has one is not kept, so it condemns no other record.

    Args:
        records: the words of each side of every record; no shingle of two sides equals one of a single side.
        ranks: of every record.
        measure: shingles and threshold.
    """
    shingles = _numbered([_shingles(sides, measure.shingle_words) for sides in records])
    copies: list[int | None] = [None] * len(shingles.sets)
    kept = _Kept(shingles, measure.threshold)
    by_rank = defaultdict(list)
    for position, rank in enumerate(ranks):
        by_rank[rank].append(position)
    for rank in sorted(by_rank):
        for position in by_rank[rank]:
            copies[position] = kept.copy_of(position)
        for position in by_rank[rank]:
            if copies[position] is None:
                kept.add(position)
    return copies


@dataclass(frozen=True)
class _Numbered:
    """Sets of shingles as ascending numbers, from the rarest shingle up."""

    sets: list[Ids]
    first_frequent: int
    """The lowest number of a frequent shingle."""


class _Kept:
    """The records that condemn others."""

    def __init__(self, shingles: _Numbered, threshold: float) -> None:
        self.sets, self.first_frequent, self.threshold = shingles.sets, shingles.first_frequent, threshold
        self.rare: defaultdict[int, list[int]] = defaultdict(list)
        """Positions by each rare shingle among the rarest of the record."""
        self.smallest: dict[Ids, dict[int, int]] = {}
        """By frequent shingles: the smallest position by the size of the record's set."""
        self.frequent: defaultdict[int, list[Ids]] = defaultdict(list)
        """Frequent shingles of kept records, by each among the rarest of them."""

    def add(self, position: int) -> None:
        """Keep a record."""
        own = self.sets[position]
        rare, frequent = self._parted(own)
        for shingle in rare[: self._enough(len(own), len(own))]:
            self.rare[shingle].append(position)
        if frequent not in self.smallest:
            self.smallest[frequent] = {}
            for shingle in frequent[: self._enough(len(frequent), len(frequent))]:
                self.frequent[shingle].append(frequent)
        sizes = self.smallest[frequent]
        sizes[len(own)] = min(position, sizes.get(len(own), position))

    def copy_of(self, position: int) -> int | None:
        """The smallest position of a kept record that is near, or None."""
        own = self.sets[position]
        rare, frequent = self._parted(own)
        near = {other for shingle in rare[: self._enough(len(own), len(own))] for other in self.rare.get(shingle, ())}
        found, everything = None, set(own)
        for other in sorted(near):
            theirs = self.sets[other]
            if self._reaches(len(everything.intersection(theirs)), len(own), len(theirs)):
                found = other
                break
        most = frequent[: self._enough(len(frequent), len(own))]
        for group in {group for shingle in most for group in self.frequent.get(shingle, ())}:
            common = len(everything.intersection(group))
            for size, other in self.smallest[group].items():
                if (found is None or other < found) and self._reaches(common, len(own), size):
                    found = other
        return found

    def _parted(self, own: Ids) -> tuple[Ids, Ids]:
        """The rare and the frequent shingles."""
        middle = bisect_left(own, self.first_frequent)
        return own[:middle], own[middle:]

    def _enough(self, count: int, size: int) -> int:
        """How many of the rarest of ``count`` shingles hold one that is shared, if enough for ``size`` are."""
        return max(0, count - math.ceil(self.threshold * size - 1e-9) + 1)

    def _reaches(self, common: int, one: int, other: int) -> bool:
        return common / (one + other - common) >= self.threshold


def _numbered(sets: list[frozenset[tuple[str, ...]]]) -> _Numbered:
    frequency = Counter(shingle for each in sets for shingle in each)
    number = {shingle: i for i, shingle in enumerate(sorted(frequency, key=frequency.__getitem__))}
    first_frequent = sum(count <= FREQUENT for count in frequency.values())
    return _Numbered([tuple(sorted(number[shingle] for shingle in each)) for each in sets], first_frequent)


def _shingles(sides: Sequence[Sequence[str]], length: int) -> frozenset[tuple[str, ...]]:
    tokens = [*sides[0], *(token for side in sides[1:] for token in ("\t", *side))]
    return frozenset(tuple(tokens[i : i + length]) for i in range(max(1, len(tokens) - length + 1)))
