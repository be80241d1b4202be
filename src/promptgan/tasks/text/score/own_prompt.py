"""Whether answers are about what was asked, by the words that they share with their prompts; nothing is learnt."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Rows = Sequence[Sequence[int]]
Floats = npt.NDArray[np.float64]


class OwnPrompt:
    """How probably an answer is nearer to its own prompt than to another's, by the cosine of TF-IDF.

    Half where both are as near. Inverse document frequencies, ln((1 + N) / (1 + n)) + 1, are those of N prompts and
    real answers together (Manning, Raghavan and Schuetze, 2008, Introduction to Information Retrieval, section 6.2,
    smoothed as scikit-learn has it).

    Args:
        prompts: token ids.
        real: those of the answer to each, without ends.
    """

    def __init__(self, prompts: Rows, real: Rows) -> None:
        documents = Counter(token for row in (*prompts, *real) for token in set(row))
        self._columns = {token: column for column, token in enumerate(documents)}
        self._idf = np.log((1 + len(prompts) + len(real)) / (1 + np.array(list(documents.values())))) + 1
        self._prompts = self._vectors(prompts)
        each = self.each(real)
        self.real = float(each.mean())
        """That of real answers."""
        self.tells = self.real > 0.5 + 2 * float(each.std()) / len(each) ** 0.5
        """Whether that is more than chance: beyond twice its standard error."""

    def __call__(self, answers: Rows) -> float:
        """The mean over answers, one to each prompt and without ends."""
        return float(self.each(answers).mean())

    def each(self, answers: Rows) -> Floats:
        """For every answer, (N,)."""
        scores = (self._vectors(answers) @ self._prompts.T).toarray().round(9)  # sums in another order are no closer
        return preferred(scores)

    def _vectors(self, rows: Rows) -> csr_matrix:
        """TF-IDF vectors of length one, (N, tokens); zero where a row has none of the tokens that there are."""
        known = [[self._columns[token] for token in row if token in self._columns] for row in rows]
        ends = np.cumsum([0, *map(len, known)])
        columns = np.array([column for row in known for column in row], dtype=np.int64)
        shape = len(rows), len(self._columns)
        found = csr_matrix((self._idf[columns], columns, ends), shape)
        found.sum_duplicates()
        lengths = np.sqrt(found.multiply(found).sum(1)).A1
        return csr_matrix(found.multiply(1 / np.where(lengths, lengths, 1)[:, None]))


def preferred(scores: Floats) -> Floats:
    """For each answer, how probably its own prompt scores higher than another of the set; (N,).

    Half where both score the same. 0.5 on average for answers that say nothing of their prompts.

    Args:
        scores: of every answer, down, with every prompt, across; its own is on the diagonal.
    """
    own = np.diag(scores)[:, None]
    wins: Floats = (scores < own).sum(1) + 0.5 * ((scores == own).sum(1) - 1)
    return wins / max(1, len(scores) - 1)
