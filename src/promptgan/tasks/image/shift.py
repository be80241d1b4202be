"""How two versions of a table of images differ as a whole: their labels."""

from typing import TYPE_CHECKING

from promptgan.terms.shift import Shift, labels

if TYPE_CHECKING:
    import pandas as pd


def shift(before: "pd.DataFrame", after: "pd.DataFrame") -> Shift:
    """Compare two tables of usable records: the column label."""
    return Shift(tuple(labels(before, after)))
