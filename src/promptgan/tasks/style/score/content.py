"""How much of the sources stands in what was made of them: BLEU of each output with its own source."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Texts = Sequence[Sequence[Hashable]]

ORDER = 4


def matches(outputs: Texts, sources: Texts) -> Counts:
    """What `bleu` needs of each output, (N, 10), so that that of any part of them is a sum.

    For orders 1 to 4 the n-grams that are in the source too, then for the same orders those that there are, then the
    lengths of output and source.
    """
    rows = np.zeros((len(outputs), 2 * ORDER + 2), dtype=np.int64)
    for row, output, source in zip(rows, outputs, sources, strict=True):
        for n in range(1, ORDER + 1):
            ours, theirs = (Counter(zip(*(text[i:] for i in range(n)), strict=False)) for text in (output, source))
            row[n - 1], row[ORDER + n - 1] = (ours & theirs).total(), ours.total()
        row[-2:] = len(output), len(source)
    return rows


def bleu(counts: Counts) -> float:
    """Corpus BLEU-4 of the outputs that ``counts`` (N, 10) are of, each with one reference, its source; in [0, 1].

    Papineni et al., 2002, without smoothing. In works on style transfer it is called self-BLEU or content preservation.
    """
    *grams, length, reference = counts.sum(0).tolist()
    found, possible = np.array(grams[:ORDER]), np.array(grams[ORDER:])
    if not found.all():
        return 0.0
    return float(np.exp(min(0.0, 1 - reference / length) + np.log(found / possible).mean()))
