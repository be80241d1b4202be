"""What near duplicates among pairs of prompt and text are told by."""

from collections.abc import Iterable

from promptgan.terms.words import words


def words_of_pairs(prompts: Iterable[str], texts: Iterable[str]) -> list[list[list[str]]]:
    """The words of both sides of every pair.

    A side without words, such as "?!", stands for itself; an empty prompt is no side.
    """
    pairs = zip(prompts, texts, strict=True)
    return [[words(side) or [side] for side in pair if side] or [[""]] for pair in pairs]
