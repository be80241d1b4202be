"""Which split a record belongs to: a stable hash of its group and nothing else; and what stands in several."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, model_validator

from promptgan.core.parameters import Section
from promptgan.quality.duplicates import NearDuplicates, higher_ranked_copies
from promptgan.terms.splits import RANKING

if TYPE_CHECKING:
    import pandas as pd


class Shares(Section):
    """Shares of the groups; train is the rest."""

    val: float = Field(gt=0, lt=1)
    test: float = Field(gt=0, lt=1)
    judge: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _leaves_train(self) -> "Shares":
        if self.val + self.test + self.judge >= 0.9:
            raise ValueError("val, test and judge leave less than a tenth for train")
        return self


def split_of(group: str, shares: Shares) -> str:
    """The split of a group: its sha256, read as a number in [0, 1), against the cumulated shares."""
    position = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8]) / 2**64
    for split in RANKING[:-1]:
        share: float = getattr(shares, split)
        if position < share:
            return split
        position -= share
    return RANKING[-1]


def copies_across_splits(frame: "pd.DataFrame", column: str) -> "pd.Series[Any]":
    """By row, the first record of a higher-ranked split that has the same value, such as "r7 in test"; or None.

    Args:
        frame: columns id, split, and ``column``.
        column: what is compared.
    """
    import pandas as pd

    first: dict[Any, tuple[str, str]] = {}
    for split in RANKING:
        part = frame[frame["split"] == split]
        for value, identifier in zip(part[column], part["id"], strict=True):
            first.setdefault(value, (identifier, split))
    named = [
        None if first[value][1] == split else " in ".join(first[value])
        for value, split in zip(frame[column], frame["split"], strict=True)
    ]
    return pd.Series(named, index=frame.index, dtype=object)


def near_copies_across_splits(
    frame: "pd.DataFrame", sides: Sequence[Sequence[Sequence[str]]], measure: NearDuplicates
) -> "pd.Series[Any]":
    """By row, the first record of a higher-ranked split that is a near duplicate, such as "r7 in test"; or None.

    Args:
        frame: columns id and split.
        sides: of every row, as `higher_ranked_copies` takes them.
        measure: what counts as near.
    """
    import pandas as pd

    ids, splits = list(frame["id"]), list(frame["split"])
    copies = higher_ranked_copies(sides, [RANKING.index(split) for split in splits], measure)
    named = [None if copy is None else f"{ids[copy]} in {splits[copy]}" for copy in copies]
    return pd.Series(named, index=frame.index, dtype=object)
