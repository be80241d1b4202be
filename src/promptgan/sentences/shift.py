"""How two versions of a table of sentences differ as a whole: their lengths, words, styles and repetitions."""

from collections import Counter
from typing import TYPE_CHECKING

from promptgan.terms.shift import Moved, Shift, labels, shares, total_variation
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd


def shift(before: "pd.DataFrame", after: "pd.DataFrame") -> Shift:
    """Compare two tables of usable records: columns text and label."""
    split = [[words(text) for text in frame["text"]] for frame in (before, after)]
    lengths = [Counter(map(len, sentences)) for sentences in split]
    counts = [Counter(word for sentence in sentences for word in sentence) for sentences in split]
    mean, mean_after = (count.total() / max(1, len(sentences)) for count, sentences in zip(counts, split, strict=True))
    one, other = ({n: length[n] for n in sorted(length)} for length in lengths)
    repeated = [
        {"sentence": float(frame["text"].duplicated().mean()) if len(frame) else 0.0} for frame in (before, after)
    ]
    moved = [
        Moved("words of a sentence, mean", mean, mean_after, total_variation(*lengths)),
        Moved("different words", len(counts[0]), len(counts[1]), total_variation(*counts)),
    ]
    return Shift(
        (*moved, *shares("repeated {}", *repeated), *labels(before, after)), {"words of a sentence": (one, other)}
    )
