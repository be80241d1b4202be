"""Near duplicates among pairs of prompt and text."""

from collections.abc import Sequence

from promptgan.quality.duplicates import NearDuplicates, higher_ranked_copies
from promptgan.terms.words import words


def copies_of_pairs(
    prompts: Sequence[str], texts: Sequence[str], ranks: Sequence[int], measure: NearDuplicates
) -> list[int | None]:
    """For every pair, the position of a near duplicate of lower rank number that is itself kept, or None."""
    # A side without words, such as "?!", stands for itself; an empty prompt is no side.
    pairs = [
        [words(side) or [side] for side in (prompt, text) if side] or [[""]]
        for prompt, text in zip(prompts, texts, strict=True)
    ]
    return higher_ranked_copies(pairs, ranks, measure)
