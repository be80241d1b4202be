"""Noise on the words of a sentence, from which a denoising autoencoder restores it."""

import hashlib

import numpy as np

from promptgan.tasks.style.arrays.parameters import Noise


def noised(text: str, identifier: str, copy: int, noise: Noise) -> str:
    """The sentence with words left out and others moved a little (Lample et al., 2018, arXiv:1711.00043, section 2.3).

    What happens follows from the seed, the record's id and the number of the copy alone, so that no other record
    changes it. A word moves by no more than ``noise.shuffle`` places; a sentence is never left without words.
    """
    words = np.array(text.split(), dtype=object)
    digest = hashlib.sha256(identifier.encode()).digest()
    random = np.random.default_rng([noise.seed, copy, int.from_bytes(digest[:8])])
    kept = random.random(len(words)) >= noise.dropout
    words = words[kept] if kept.any() else words
    order = np.argsort(np.arange(len(words)) + random.random(len(words)) * (noise.shuffle + 1), kind="stable")
    return " ".join(words[order])
