"""How varied a set of texts is, how much of it is copied, and how its lengths differ from real ones."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from promptgan.tasks.text.score.ngrams import Integers, Texts, ngrams


def distinct(texts: Texts, n: int) -> float:
    """Distinct-n: different n-grams over all n-grams of the set (Li et al., 2016, arXiv:1510.03055); 0 without any."""
    *_, (_, gram) = ngrams(texts, n)
    return (int(gram.max()) + 1) / len(gram) if len(gram) else 0.0


def duplicate_share(texts: Sequence[str]) -> float:
    """The share of texts that repeat an earlier text of the set."""
    return 1 - len(set(texts)) / len(texts)


def copied(texts: Texts, train: Texts) -> npt.NDArray[np.bool_]:
    """Whether each text is, word for word, a text of the training split; (texts,)."""
    known = {tuple(text) for text in train}
    return np.array([tuple(text) in known for text in texts], dtype=bool)


def longest_copied(texts: Texts, train: Texts) -> Integers:
    """For each text, the words of its longest n-gram that also stands in a text of the training split, (texts,)."""
    longest = np.zeros(len(texts), dtype=np.int64)
    highest = max((len(text) for text in texts), default=0)
    for order, (owner, gram) in enumerate(ngrams([*texts, *train], highest), start=1):
        ours = owner < len(texts)
        in_train = np.zeros(gram.max(initial=-1) + 1, dtype=bool)
        in_train[gram[~ours]] = True
        found = owner[ours][in_train[gram[ours]]]
        if not len(found):
            break
        longest[found] = order
    return longest


def wasserstein(left: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Wasserstein-1 distance of two samples of whole numbers: the area between their distribution functions."""
    a, b = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
    size = int(max(a.max(), b.max())) + 1
    below = [np.cumsum(np.bincount(x, minlength=size)) / len(x) for x in (a, b)]
    return float(np.abs(below[0] - below[1]).sum())
