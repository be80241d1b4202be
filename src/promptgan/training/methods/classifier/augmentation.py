"""Easy data augmentation (Wei and Zou, 2019, arXiv:1901.11196) on token ids, which needs no dictionary.

Synonyms are the nearest tokens by cosine: of a pretrained model's own embeddings, else by what stands beside them in
the training texts.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from promptgan.training.methods.classifier.parameters import Words

Vectors = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

CONTEXTS = 512
"""Most frequent tokens, by how often which a token is described."""
WINDOW = 2
"""Tokens to either side that stand beside one."""
CHUNK = 1024
"""Tokens whose neighbours are looked for at once."""


class Augmentation:
    """Changes some texts of a batch, each in one way, with random numbers that follow from the seed and the step.

    Args:
        parameters: shares and ways.
        neighbours: nearest tokens by token, (V, n).
        seed: of the random numbers.
    """

    def __init__(self, parameters: Words, neighbours: Ids, seed: int) -> None:
        self.p, self.neighbours, self.seed = parameters, neighbours, seed

    def __call__(self, texts: Sequence[list[int]], step: int) -> list[list[int]]:
        """Texts of token ids without their ends, some of them changed; none becomes empty."""
        random = np.random.default_rng([self.seed, step])
        return [self._changed(text, random) if random.random() < self.p.texts else text for text in texts]

    def _changed(self, text: list[int], random: np.random.Generator) -> list[int]:
        way, count = random.choice(self.p.ways), max(1, round(self.p.share * len(text)))
        if len(text) < 2:
            return text
        places = random.permutation(len(text))[:count]
        if way == "deletions":
            gone = set(places[: len(text) - 1].tolist())
            return [token for i, token in enumerate(text) if i not in gone]
        changed = list(text)
        for place in places:
            if way == "synonyms":
                changed[place] = int(random.choice(self.neighbours[text[place]]))
            else:
                other = random.integers(len(text))
                changed[place], changed[other] = changed[other], changed[place]
        return changed


def nearest(vectors: Vectors, known: Ids, count: int) -> Ids:
    """The ``count`` nearest tokens to each, by the cosine of their vectors: (V, count).

    Args:
        vectors: of the V tokens, (V, F).
        known: ids of the tokens that are told apart, (M,); every other one is its own neighbour.
        count: neighbours; where there are fewer, a token fills its own place.
    """
    found = np.tile(np.arange(len(vectors))[:, None], (1, count))
    unit = vectors[known] / np.maximum(np.linalg.norm(vectors[known], axis=1, keepdims=True), 1e-12)
    near = min(count, len(known) - 1)
    for start in range(0, len(known), CHUNK):
        cosines = unit[start : start + CHUNK] @ unit.T
        rows = np.arange(len(cosines))
        cosines[rows, start + rows] = -np.inf
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :near]
        found[known[start : start + CHUNK], :near] = known[order]
    return found


def company(texts: Sequence[list[int]], vocabulary: int) -> Vectors:
    """What stands beside each of V tokens, (V, C): positive pointwise mutual information with the C most frequent.

    Levy and Goldberg, 2014, 'Neural word embedding as implicit matrix factorization', section 5.1.
    """
    ids = np.concatenate([np.array([*text, -1, -1], dtype=np.int64) for text in texts])  # no window crosses an end
    order = np.argsort(-np.bincount(ids[ids >= 0], minlength=vocabulary), kind="stable")[:CONTEXTS]
    column = np.full(vocabulary, -1)
    column[order] = np.arange(len(order))
    counts = np.zeros((vocabulary, len(order)))
    for offset in range(1, WINDOW + 1):
        for one, other in ((ids[:-offset], ids[offset:]), (ids[offset:], ids[:-offset])):
            both = (one >= 0) & (other >= 0)
            one, context = one[both], column[other[both]]
            np.add.at(counts, (one[context >= 0], context[context >= 0]), 1)
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / max(1.0, counts.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts / expected)
    positive: Vectors = np.nan_to_num(np.maximum(information, 0), nan=0.0, posinf=0.0).astype(np.float32)
    return positive
