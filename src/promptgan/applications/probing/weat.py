"""The Word Embedding Association Test: are two sets of targets closer to different attributes?

Caliskan, Bryson and Narayanan, 2017, Semantics derived automatically from language corpora contain human-like biases,
Science 356, 183-186. The association of a word w with the attributes A rather than B is

    s(w, A, B) = mean over a in A of cos(w, a) - mean over b in B of cos(w, b),

the effect size of targets X and Y is (mean over X of s - mean over Y of s) / (standard deviation over X and Y together
of s), within -2 and 2, and p is the share of the partitions of X and Y together into sets of their sizes whose
difference of means is at least the observed one.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PARTITIONS = 20_000
"""All partitions are taken where they are no more than this; else as many random ones, the observed one counted too."""


class Association(NamedTuple):
    """What a test says."""

    effect_size: float
    """Above 0 where the first targets go with the first attributes; standard deviation without Bessel's correction."""
    p: float
    """One-sided: of an effect size at least as large where targets do not matter."""


def associations(words: Floats, first: Floats, second: Floats) -> Floats:
    """s(w, A, B) of words (N, E) with attributes (A, E) and (B, E): (N,)."""
    words, first, second = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (words, first, second))
    found: Floats = (words @ first.T).mean(1) - (words @ second.T).mean(1)
    return found


def weat(targets: tuple[Floats, Floats], attributes: tuple[Floats, Floats], seed: int = 1) -> Association:
    """The effect size of two sets of target vectors (N, E) with two sets of attribute vectors, and its p value."""
    x, y = (associations(each, *attributes) for each in targets)
    return effect(x, y, seed)


def effect(x: Floats, y: Floats, seed: int = 1) -> Association:
    """The effect size between the associations (N,) and (M,) of two sets, and its p value."""
    from scipy.stats import permutation_test

    test = permutation_test(
        (x, y),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        permutation_type="independent",
        alternative="greater",
        vectorized=True,
        n_resamples=PARTITIONS,
        batch=1000,
        rng=np.random.default_rng(seed),
    )
    return Association(float((x.mean() - y.mean()) / np.concatenate([x, y]).std()), float(test.pvalue))
