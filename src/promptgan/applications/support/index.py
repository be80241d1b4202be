"""The questions that a run was trained on, and which of them is nearest to a new one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from promptgan.applications.bm25 import BM25, Floats, key
from promptgan.tasks.text.measures.minilm import MiniLM

if TYPE_CHECKING:
    import pandas as pd

FUSION = 60
"""Added to every rank before its reciprocal is taken (Cormack, Clarke and Buettcher, 2009)."""
RANKERS = ("both", "bm25", "embedding")
"""By what the nearest question is found."""


class Found(NamedTuple):
    """The training pair whose question is nearest."""

    record: str
    """Its id."""
    question: str
    answer: str
    score: float
    """Cosine of the embeddings of its question and the one that was asked."""


class Index:
    """Different questions with an answer each; a question that stands in several pairs has that of the first.

    Args:
        pairs: columns id, prompt and text; see `different`.
        vectors: embeddings of the prompts, (pairs, 384).
        model: embeds what is asked.

    Raises:
        ToolMissing: bm25s is not installed.
    """

    def __init__(self, pairs: "pd.DataFrame", vectors: Floats, model: MiniLM) -> None:
        self.pairs, self.vectors, self.model = pairs, vectors.astype(np.float32), model
        self.bm25 = BM25(pairs["prompt"].tolist())

    def nearest(self, rankers: Sequence[str], questions: list[str]) -> dict[str, list[Found]]:
        """The pair whose question is nearest to each, by words, by meaning, or by reciprocal rank fusion of both.

        Args:
            rankers: some of `RANKERS`.
            questions: what is asked; each is embedded once.
        """
        found: dict[str, list[Found]] = {ranker: [] for ranker in rankers}
        columns = [self.pairs[column].tolist() for column in ("id", "prompt", "text")]
        for question, vector in zip(questions, self.model.embed(questions), strict=True):
            cosines = self.vectors @ vector
            by_words = self.bm25.scores(question)
            scores = {"both": fused(by_words, cosines), "bm25": by_words, "embedding": cosines}
            for ranker, nearest in found.items():
                best = int(np.argmax(scores[ranker]))
                record, known, answer = (column[best] for column in columns)
                nearest.append(Found(record, known, answer, round(float(cosines[best]), 6)))
        return found


def fused(bm25: Floats, cosines: Floats) -> Floats:
    """Sums of the reciprocal ranks in both orders; what shares no word has none in that of BM25."""
    from scipy.stats import rankdata

    by_words, by_meaning = (1 / (FUSION + rankdata(-scores, method="min")) for scores in (bm25, cosines))
    total: Floats = np.where(bm25 > 0, by_words, 0) + by_meaning
    return total


def different(pairs: "pd.DataFrame") -> "pd.DataFrame":
    """The first pair of each question; two are the same where their words are, case and punctuation left aside."""
    keys = pairs["prompt"].map(key)
    return pairs[~keys.duplicated()].reset_index(drop=True)
