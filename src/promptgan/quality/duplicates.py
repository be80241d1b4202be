"""Near duplicates across splits, found exactly.

Two pairs are near duplicates where the Jaccard similarity of their word n-gram shingles reaches a threshold (Broder
1997). Candidates come from an inverted index over prefixes: sets of Jaccard similarity t or more share one of the
|x| - ceil(t |x|) + 1 rarest shingles of each (prefix filtering; Chaudhuri, Ganti and Kaushik 2006): nothing is missed.
"""

import math
from collections import Counter, defaultdict

from pydantic import Field

from promptgan.base import Parameters
from promptgan.tasks.text.records.normalise import words


class NearDuplicates(Parameters):
    """When two pairs count as near duplicates."""

    shingle_words: int = Field(ge=1, le=10)
    """Words of a shingle."""
    threshold: float = Field(gt=0, le=1)
    """Jaccard similarity from which on two pairs are near duplicates; 1 leaves only equal words."""


def higher_ranked_copies(
    prompts: list[str], texts: list[str], ranks: list[int], measure: NearDuplicates
) -> list[int | None]:
    """For every pair, the position of a near duplicate of lower rank number that is itself kept, or None.

    A pair that has one is not kept, so it condemns no other pair.
    """
    shingles = [_shingles(prompt, text, measure.shingle_words) for prompt, text in zip(prompts, texts, strict=True)]
    frequency = Counter(shingle for each in shingles for shingle in each)
    copies: list[int | None] = [None] * len(shingles)
    index: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    by_rank = defaultdict(list)
    for position, rank in enumerate(ranks):
        by_rank[rank].append(position)
    for rank in sorted(by_rank):
        prefixes = {}
        for position in by_rank[rank]:
            own = shingles[position]
            length = len(own) - math.ceil(measure.threshold * len(own) - 1e-9) + 1
            prefixes[position] = sorted(own, key=lambda shingle: (frequency[shingle], shingle))[:length]
            candidates = {other for shingle in prefixes[position] for other in index.get(shingle, ())}
            copies[position] = min(
                (o for o in candidates if _jaccard(own, shingles[o]) >= measure.threshold), default=None
            )
        for position in by_rank[rank]:
            if copies[position] is None:
                for shingle in prefixes[position]:
                    index[shingle].append(position)
    return copies


def _shingles(prompt: str, text: str, length: int) -> frozenset[tuple[str, ...]]:
    sides = [words(side) or [side] for side in (prompt, text)]  # a side without words, such as "?!", stands for itself
    tokens = [*sides[0], "\t", *sides[1]]
    return frozenset(tuple(tokens[i : i + length]) for i in range(max(1, len(tokens) - length + 1)))


def _jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common)
