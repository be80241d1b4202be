"""Noise on the words of a sentence, from which a denoising autoencoder restores it."""

import hashlib

import numpy as np

from promptgan.tasks.style.arrays.parameters import Noise


def noised(words: list[list[int]], identifier: str, copy: int, noise: Noise) -> list[list[int]]:
    """The content of a sentence with words left out (Lample et al., 2018, arXiv:1711.00043, section 2.3).

    Which ones follows from the seed, the record's id and the number of the copy alone, so that no other record changes
    it. Where markers were, the empty lists that say so are kept.
    """
    digest = hashlib.sha256(identifier.encode()).digest()
    random = np.random.default_rng([noise.seed, copy, int.from_bytes(digest[:8])])
    kept = random.random(len(words)) >= noise.dropout
    return [word for word, keep in zip(words, kept, strict=True) if keep or not word]
