"""How two versions of a table of records differ as a whole: what a task tells of them."""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    import pandas as pd

H = TypeVar("H", bound=Hashable)


class Moved(NamedTuple):
    """A number of both versions."""

    name: str
    before: float
    after: float
    distance: float | None = None
    """`total_variation` of what the numbers are means of; None where they are shares of the records, of 1."""


class Ranked(NamedTuple):
    """Something that there is more or less of."""

    name: str
    before: float
    """Occurrences in a million."""
    after: float
    z: float
    """Above 0 where it gained."""


@dataclass(frozen=True)
class Shift:
    """All that moved between two versions."""

    measures: tuple[Moved, ...]
    histograms: dict[str, tuple[dict[int, int], dict[int, int]]] = field(default_factory=dict)
    """Records by a whole number, before and after, under what is counted."""
    gained: tuple[Ranked, ...] = ()
    """Most gained first."""
    lost: tuple[Ranked, ...] = ()
    """Most lost first."""


def total_variation(one: Mapping[H, int], other: Mapping[H, int]) -> float:
    """Half the sum of the absolute differences of two distributions given as counts: 0 equal, 1 disjoint.

    The share of one that would have to move to make it the other (Levin, Peres and Wilmer, Markov Chains and Mixing
    Times, 2009, proposition 4.2). 1 where one of them is empty and the other is not.
    """
    totals = [sum(counts.values()) for counts in (one, other)]
    if not all(totals):
        return float(any(totals))
    return sum(abs(one.get(k, 0) / totals[0] - other.get(k, 0) / totals[1]) for k in one.keys() | other.keys()) / 2


def shares(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> list[Moved]:
    """A measure for each key of two mappings to shares; the ``name`` has `{}` for the key."""
    return [Moved(name.format(key), before.get(key, 0.0), after.get(key, 0.0)) for key in {**before, **after}]


def labels(before: "pd.DataFrame", after: "pd.DataFrame") -> list[Moved]:
    """The share of each label, and how far the labels moved as a whole; nothing where neither table has labels."""
    counts = [Counter(frame["label"].dropna()) if "label" in frame else Counter[str]() for frame in (before, after)]
    if not any(counts):
        return []
    each = shares("label {}", *({name: n / count.total() for name, n in count.items()} for count in counts))
    return [*each, Moved("labels", len(counts[0]), len(counts[1]), total_variation(*counts))]
