"""What is alike in sequences: a record and the others, a sample and the training data."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NEAREST = 5
MEASURE = "tokens that stand at the same place of both, of the longer one's: 1 is the same sequence"


def relatives(ours: "pd.DataFrame", others: "pd.DataFrame", section: Mapping[str, Any]) -> list[str]:
    """What each of the other records has of ours, in words: the same sequence, or nothing."""
    same = set(ours["text"])
    return ["of the same sequence" if text in same else "" for text in others["text"]]


def phrases(ours: "pd.DataFrame", others: "pd.DataFrame") -> tuple[str, ...]:
    """The words by which our records are known elsewhere: whole sequences that no other record is."""
    return tuple(sorted(set(ours["text"]) - set(others["text"])))


def repeats(record: Mapping[str, Any], samples: "pd.DataFrame") -> list[int]:
    """The rows of samples that are the record's very sequence."""
    return [row for row, text in enumerate(samples["text"]) if text == record["text"]]


def origin(sample: Mapping[str, Any], samples: "pd.DataFrame", train: "pd.DataFrame") -> dict[str, Any]:
    """Whether a sample was copied: the training sequences nearest to it, by `MEASURE`."""
    own = sample["text"].split()
    alike = [similarity(own, text.split()) for text in train["text"]]
    best = sorted(range(len(alike)), key=lambda n: (-alike[n], n))[:NEAREST]
    near = [
        {**{key: train[key].iloc[n] for key in ("id", "group", "text")}, "similarity": round(alike[n], 4)} for n in best
    ]
    equal = sum(value == 1 for value in alike)
    verdict = (
        f"not a training sequence; the nearest of {len(train):,} agrees in {near[0]['similarity']:.0%}"
        if near
        else "no training sequence"
    )
    if equal:
        verdict = f"copied token for token: {equal:,} of {len(train):,} training sequences are this"
    return {"verdict": verdict, "nearest": near, "measure": MEASURE}


def similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """Share of the places of the longer sequence where both have the same token."""
    return sum(a == b for a, b in zip(one, other, strict=False)) / max(1, len(one), len(other))
