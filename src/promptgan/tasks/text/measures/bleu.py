"""BLEU and Self-BLEU of every text of a set, equal to nltk's `sentence_bleu` and thousands of times faster."""

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

from promptgan.tasks.text.score.ngrams import Integers, Texts, ngrams

Floats = npt.NDArray[np.float64]
EPSILON = 0.1
"""What stands in for a count of no matches: method 1 of Chen and Cherry (2014), as in nltk."""


def bleu(hypotheses: Texts, references: Texts, orders: Sequence[int] = (2, 3, 4, 5)) -> Floats:
    """BLEU-n of each hypothesis with all of the references, (orders, hypotheses).

    Equals ``nltk.translate.bleu_score.sentence_bleu(references, hypothesis, [1 / n] * n, SmoothingFunction().method1)``
    (Papineni et al., 2002). The mean over hypotheses is what Texygen reports (Zhu et al., 2018, arXiv:1802.01886).

    Raises:
        ValueError: there are no references.
    """
    if not references:
        raise ValueError("BLEU needs a reference")
    count, lengths = len(hypotheses), _lengths(hypotheses)
    matches = []
    for owner, gram in ngrams([*hypotheses, *references], max(orders)):
        text, kind, times = _counts(owner, gram)
        most = np.zeros(gram.max(initial=-1) + 1, dtype=np.int64)
        np.maximum.at(most, kind[text >= count], times[text >= count])
        ours = text < count
        matches.append(_sum(np.minimum(times, most[kind])[ours], text[ours], count))
    return _scores(np.array(matches), lengths, _closest(lengths, _lengths(references)), orders)


def self_bleu(texts: Texts, orders: Sequence[int] = (2, 3, 4, 5)) -> Floats:
    """BLEU-n of each text with all the others as references, (orders, texts); high means alike (Zhu et al., 2018).

    Only the text itself is left out of its references: an equal text elsewhere stays in.

    Raises:
        ValueError: there are fewer than two texts.
    """
    if len(texts) < 2:
        raise ValueError("Self-BLEU needs two texts")
    lengths = _lengths(texts)
    matches = []
    for owner, gram in ngrams(texts, max(orders)):
        text, kind, times = _counts(owner, gram)
        # The most that another text has: the highest count, or the second highest for the text that has the highest.
        order = np.lexsort((-times, kind))
        first = np.flatnonzero(np.r_[True, np.diff(kind[order]) > 0])
        best, second = np.zeros((2, gram.max(initial=-1) + 1), dtype=np.int64)
        if len(order):
            best[kind[order[first]]] = times[order[first]]
            several = np.diff(np.r_[first, len(order)]) > 1
            second[kind[order[first[several]]]] = times[order[first[several] + 1]]
        others = np.where(times == best[kind], second[kind], best[kind])
        matches.append(_sum(np.minimum(times, others), text, len(texts)))
    return _scores(np.array(matches), lengths, _closest(lengths, lengths, leave_out=True), orders)


def _lengths(texts: Sequence[Sequence[Hashable]]) -> Integers:
    return np.array([len(text) for text in texts], dtype=np.int64)


def _counts(owner: Integers, gram: Integers) -> tuple[Integers, Integers, Integers]:
    """How often each text has each of its n-grams: texts, n-grams and times, in parallel."""
    kinds = int(gram.max(initial=0)) + 1
    pairs, times = np.unique(owner * kinds + gram, return_counts=True)
    return pairs // kinds, pairs % kinds, times


def _sum(values: Integers, text: Integers, count: int) -> Integers:
    return np.bincount(text, values, count).astype(np.int64)


def _closest(lengths: Integers, references: Integers, leave_out: bool = False) -> Integers:
    """The reference length closest to each length, the shorter of two; with ``leave_out`` itself left out."""
    present = np.bincount(references)
    closest = {}
    for length in np.unique(lengths):
        left = present.copy()
        if leave_out:
            left[length] -= 1
        candidates = np.flatnonzero(left)
        closest[length] = candidates[np.argmin(np.abs(candidates - length))]  # the first of equals is the shorter
    return np.array([closest[length] for length in lengths], dtype=np.int64)


def _scores(matches: Integers, lengths: Integers, closest: Integers, orders: Sequence[int]) -> Floats:
    possible = np.maximum(1, lengths - np.arange(len(matches))[:, None])
    logs = np.log(np.where(matches == 0, EPSILON, matches) / possible)
    penalty = np.where(lengths > closest, 1.0, np.exp(1 - closest / np.maximum(1, lengths)))
    scores = np.array([penalty * np.exp(logs[:order].mean(0)) for order in orders])
    return np.where((matches[0] == 0) | (lengths == 0), 0.0, scores)
