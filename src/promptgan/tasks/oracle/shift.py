"""How two versions of a table of sequences differ as a whole: their tokens, and how often one comes twice."""

from collections import Counter
from typing import TYPE_CHECKING

from promptgan.terms.shift import Moved, Shift, shares, total_variation

if TYPE_CHECKING:
    import pandas as pd


def shift(before: "pd.DataFrame", after: "pd.DataFrame") -> Shift:
    """Compare two tables of usable records: the column text."""
    counts = [Counter(token for text in frame["text"] for token in text.split()) for frame in (before, after)]
    lengths = [Counter(len(text.split()) for text in frame["text"]) for frame in (before, after)]
    one, other = (count.total() / max(1, len(frame)) for count, frame in zip(counts, (before, after), strict=True))
    repeated = [
        {"sequence": float(frame["text"].duplicated().mean()) if len(frame) else 0.0} for frame in (before, after)
    ]
    moved = [
        Moved("tokens of a sequence, mean", one, other, total_variation(*lengths)),
        Moved("different tokens", len(counts[0]), len(counts[1]), total_variation(*counts)),
    ]
    return Shift((*moved, *shares("repeated {}", *repeated)))
