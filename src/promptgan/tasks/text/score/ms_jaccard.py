"""MS-Jaccard: how far two sets of texts share their n-grams, as multisets; quality and diversity in one number."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence

Texts = Sequence[Sequence[Hashable]]
ENOUGH = 100
"""N-grams that real texts share with one another, from which their order tells more than chance."""


class MSJaccard:
    """MS-Jaccard-n against the same real texts, which are counted once.

    The geometric mean over orders 1..n of sum(min(a, b)) / sum(max(a, b)), where a and b are an n-gram's occurrences
    per text on either side (Alihosseini, Montahaei and Soleymani Baghshah, 2019, NeuralGen, arXiv:1904.03971). Orders
    longer than every text of both sides are left out of the mean.

    Args:
        real: texts as sequences of words, token ids, or anything that can be compared.
        n: the highest order.
    """

    def __init__(self, real: Texts, n: int) -> None:
        self._size = len(real)
        self._counts = [_count(real, order) for order in range(1, n + 1)]

    def __call__(self, generated: Texts) -> float:
        """The score of ``generated`` texts, in [0, 1]: 1 where every n-gram is as frequent as in the real ones."""
        size, logs = len(generated), []
        for order, real in enumerate(self._counts, start=1):
            ours = _count(generated, order)
            if not ours and not real:
                break
            # Occurrences per text over the common denominator of both sizes: integers, so exact in any order.
            shared = sum(min(count * self._size, real[gram] * size) for gram, count in ours.items() if gram in real)
            if not shared:
                return 0.0
            either = ours.total() * self._size + real.total() * size - shared  # min(a, b) + max(a, b) = a + b
            logs.append(math.log(shared / either))
        return math.exp(math.fsum(logs) / len(logs)) if logs else 0.0


def ms_jaccard(generated: Texts, real: Texts, n: int) -> float:
    """MS-Jaccard-n of two sets of texts, in [0, 1]; see `MSJaccard`."""
    return MSJaccard(real, n)(generated)


def telling_order(real: Texts, most: int = 4) -> int:
    """The highest order, ``most`` at the most, that tells how like real texts others are.

    That is, of whose n-grams every second text shares `ENOUGH` with the others. Few short texts, such as lines of a
    poem, share next to no long n-grams, and the geometric mean would rise and fall with one coincidence.
    """
    return next((n for n in range(most, 1, -1) if (_count(real[::2], n) & _count(real[1::2], n)).total() >= ENOUGH), 1)


def _count(texts: Texts, order: int) -> Counter[tuple[Hashable, ...]]:
    return Counter(gram for text in texts for gram in zip(*(text[i:] for i in range(order)), strict=False))
