"""Texts ordered by the words that they share with another one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from promptgan.lineage.tools import tool
from promptgan.terms.words import words

Floats = npt.NDArray[np.floating[Any]]

K1, B = 1.2, 0.75
"""As Lucene has them."""


class BM25:
    """Scores texts by the words of a query (Robertson and Zaragoza, 2009), as Lucene does.

    Args:
        texts: which are scored.

    Raises:
        ToolMissing: bm25s is not installed.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        self._index = tool("bm25s", "serve").BM25(k1=K1, b=B, method="lucene")
        self._index.index([words(text) for text in texts], show_progress=False)

    def scores(self, query: str) -> Floats:
        """The score of every text, (texts,); 0 where no word is shared. A word that comes twice counts twice."""
        known = [word for word in words(query) if word in self._index.vocab_dict]
        scores: Floats = self._index.get_scores(known) if known else np.zeros(self.count)
        return scores


def key(text: str) -> str:
    """What texts of the same words have in common, case and punctuation left aside; of one without words, itself."""
    return " ".join(words(text)) or text
