"""What embeddings of whole texts say: how near generated and real ones lie, and whether answers fit their prompts."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.tasks.text.measures import mauve, minilm
from promptgan.tasks.text.score.own_prompt import preferred
from promptgan.terms.frechet import Frechet

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Embedded(NamedTuple):
    """A set of texts as the encoder sees them."""

    rows: Floats
    """(N, D), each of length 1."""
    clusters: Integers
    """(N,), of the texts clustered together with the references."""
    reference_clusters: Integers
    relevance: Floats | None
    """(N,), of answers; None where there are no prompts."""


class Space:
    """The space of embeddings, in which sets of texts are compared with the same references.

    Args:
        model: the encoder.
        references: real texts.
        seed: of the clusters.
    """

    def __init__(self, model: minilm.MiniLM, references: list[str], seed: int) -> None:
        self._model, self._seed = model, seed
        self._known: dict[str, Floats] = {}
        self._references = self._embed(references)
        self._frechet = Frechet(self._references)

    def see(self, texts: list[str], prompts: list[str] | None = None) -> Embedded:
        """Embed a set of texts, and the prompts that they answer where there are some."""
        rows = self._embed(texts)
        relevance = None if prompts is None else preferred(rows @ self._embed(prompts).T)
        return Embedded(rows, *mauve.clusters(rows, self._references, self._seed), relevance)

    def numbers(self, seen: Embedded, keep: Integers | None = None) -> dict[str, float]:
        """The measures of a set, or of those of its texts that are kept; these stay in the clusters of the whole.

        There is a Frechet distance where both the set and the references are more texts than dimensions: the
        covariances of fewer say nothing in most directions.
        """
        chosen = np.arange(len(seen.rows)) if keep is None else keep
        found = {} if seen.relevance is None else {"relevance_embedding": float(seen.relevance[chosen].mean())}
        if min(len(seen.rows), len(self._references)) > self._references.shape[1]:
            found["frechet_embedding"] = self._frechet(seen.rows[chosen])
        return {**found, "mauve_embedding": mauve.frontier_area(seen.clusters[chosen], seen.reference_clusters)}

    def _embed(self, texts: list[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._model.embed(new), strict=True))
        return np.array([self._known[text] for text in texts])


def signature(references: int, *, relevance: bool = True) -> list[str]:
    """What one needs to know to compute the same numbers."""
    about = (
        "relevance_embedding: chance that the cosine of an answer and its own prompt is higher than that with another"
        " prompt of the set; ties one half"
    )
    many = references > minilm.WIDTH
    few = f"frechet_embedding: left out, since {references} texts are not more than the {minilm.WIDTH} dimensions"
    return [
        minilm.SIGNATURE,
        *([] if many else [few]),
        f"{'frechet_embedding, ' * many}mauve_embedding: to the embeddings of {references} real texts, and"
        f" depends on how many there are on either side; mauve_embedding: {mauve.SIGNATURE}; not the numbers published"
        " as MAUVE, which are in features of GPT-2",
        *([about] if relevance else []),
    ]
