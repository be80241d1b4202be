"""A word is left out.

The most important words go first, until the classifier errs: the opposite of input reduction (Feng et al., 2018,
arXiv:1804.07781), in which the least important ones go for as long as it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from promptgan.tasks.classification.samples.attack import Change


@dataclass(frozen=True)
class Attack:
    """Deletions, also of stop words."""

    def __call__(self, words: Sequence[str], place: int, random: np.random.Generator) -> list[Change]:
        """The text without the word at ``place``; nothing is drawn."""
        return [{place: ""}] if any(map(str.isalnum, words[place])) else []
