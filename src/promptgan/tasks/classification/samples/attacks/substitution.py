"""A word becomes one that is used alike, as in TextFooler (Jin et al., 2020, arXiv:1907.11932).

Stop words and what is no word are left alone. Beyond what `promptgan.tasks.classification.samples.neighbours` asks of a
substitute there is no check of its part of speech, nor of the meaning of the whole sentence, both of which the paper
has: read some attacked texts before a number of this attack is quoted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from promptgan.tasks.classification.samples.attack import Change
from promptgan.tasks.classification.samples.stop_words import STOP_WORDS


@dataclass(frozen=True)
class Attack:
    """Substitutes by neighbours."""

    neighbours: Callable[[str], Sequence[str]]
    """Of a case-folded word those that may stand for it, the nearest first."""

    def __call__(self, words: Sequence[str], place: int, random: np.random.Generator) -> list[Change]:
        """What the word at ``place`` may become, in upper case where it is; nothing is drawn."""
        word = words[place]
        if word.casefold() in STOP_WORDS:
            return []
        case = str.upper if word.isupper() and len(word) > 1 else str.capitalize if word[0].isupper() else str
        return [{place: case(near)} for near in self.neighbours(word.casefold())]
