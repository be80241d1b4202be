"""How far texts are from the nearest text of the training split."""

import numpy as np
import numpy.typing as npt

from promptgan.tasks.text.score.ngrams import Texts, ngrams

Floats = npt.NDArray[np.float64]

ORDER = 3
"""Longest run of words that counts."""


def nearest(texts: Texts, train: Texts) -> Floats:
    """The Jaccard distance of each text to the nearest text of ``train``, (texts,): 0 for a copy, 1 for nothing shared.

    Of the sets of runs of 1 to `ORDER` words: 1 less what both have over what either has.

    Raises:
        ValueError: there are no training texts.
    """
    if not train:
        raise ValueError("a nearest text needs one to choose from")
    different = list(dict.fromkeys(map(tuple, texts)))
    owners, grams, first = [], [], 0
    for owner, gram in ngrams([*different, *train], ORDER):
        pairs = np.unique(np.stack([owner, gram + first]), axis=1)
        owners.append(pairs[0])
        grams.append(pairs[1])
        first += int(gram.max(initial=-1)) + 1
    owner, gram = np.concatenate(owners), np.concatenate(grams)
    sizes = np.bincount(owner, minlength=len(different) + len(train))
    in_train = owner >= len(different)
    order = np.argsort(gram[in_train], kind="stable")
    holders = owner[in_train][order] - len(different)
    starts = np.searchsorted(gram[in_train][order], np.arange(first + 1))
    ours = np.argsort(owner[~in_train], kind="stable")
    mine = np.split(gram[~in_train][ours], np.cumsum(sizes[: len(different)])[:-1])
    best = {}
    for place, (text, own) in enumerate(zip(different, mine, strict=True)):
        found = np.concatenate([holders[starts[g] : starts[g + 1]] for g in own]) if len(own) else holders[:0]
        shared = np.bincount(found, minlength=len(train))
        either = sizes[place] + sizes[len(different) :] - shared
        best[text] = 1 - float((shared / np.maximum(1, either)).max()) if sizes[place] else 1.0
    return np.array([best[tuple(text)] for text in texts])


def signature(training: int) -> str:
    """How it is computed, and what else looks for copies among as many training texts."""
    return (
        f"copied, longest_copied, nearest_training: against {training} training texts, in words; nearest_training:"
        f" Jaccard distance of the sets of runs of 1 to {ORDER} words, the lowest to any of them"
    )
