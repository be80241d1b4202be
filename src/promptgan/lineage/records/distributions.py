"""How two tables of records differ as a whole: lengths, words, scripts, labels, repetitions."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING, TypeVar

from promptgan.tasks.text.records.normalise import foreign_share
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("prompt", "text")
WORDS_SHOWN = 12
H = TypeVar("H", bound=Hashable)


@dataclass(frozen=True)
class Lengths:
    """How many records have how many words on one side."""

    side: str
    before: dict[int, int]
    """Records by number of words, ascending."""
    after: dict[int, int]
    mean_before: float
    mean_after: float
    distance: float
    """`total_variation` of the two."""


@dataclass(frozen=True)
class Word:
    """A word whose frequency moved."""

    word: str
    before: float
    """Occurrences in a million words, both sides together."""
    after: float
    z: float
    """`log_odds`: above 0 where it gained."""


@dataclass(frozen=True)
class Share:
    """A share of the records, of 1."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class Shift:
    """All that moved between two tables of records."""

    lengths: tuple[Lengths, ...]
    gained: tuple[Word, ...]
    lost: tuple[Word, ...]
    scripts: tuple[Share, ...]
    """Of the letters, by script."""
    repeated: tuple[Share, ...]
    """Of the records, those whose prompt, text or pair an earlier record has."""
    labels: tuple[Share, ...]
    """Of the records; empty where neither table has labels."""
    label_distance: float | None
    """`total_variation` of the labels."""


def shift(before: "pd.DataFrame", after: "pd.DataFrame") -> Shift:
    """Compare two tables of usable records: columns prompt, text, and label where there is one."""
    lengths = []
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for side in SIDES:
        sizes: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        for frame, size, count in zip((before, after), sizes, counts, strict=True):
            for text in frame[side]:
                found = words(text)
                size[len(found)] += 1
                count.update(found)
        one, other = ({n: size[n] for n in sorted(size)} for size in sizes)
        lengths.append(Lengths(side, one, other, _mean(one), _mean(other), total_variation(one, other)))
    totals = [max(1, count.total()) for count in counts]
    rows = [
        Word(word, 1e6 * counts[0][word] / totals[0], 1e6 * counts[1][word] / totals[1], z)
        for word, z in log_odds(*counts)
        if counts[1][word] != counts[0][word]  # else its share moved only because the others' did
    ]
    labels = [_labels(frame) for frame in (before, after)]
    return Shift(
        lengths=tuple(lengths),
        gained=tuple(row for row in rows if row.z > 0)[:WORDS_SHOWN],
        lost=tuple(row for row in reversed(rows) if row.z < 0)[:WORDS_SHOWN],
        scripts=tuple(share for share in _shares(_scripts(before), _scripts(after)) if share.before or share.after),
        repeated=_shares(_repeated(before), _repeated(after)),
        labels=_shares(*({name: n / labels[i].total() for name, n in labels[i].items()} for i in (0, 1))),
        label_distance=total_variation(*labels) if any(labels) else None,
    )


def total_variation(one: Mapping[H, int], other: Mapping[H, int]) -> float:
    """Half the sum of the absolute differences of two distributions given as counts: 0 equal, 1 disjoint.

    The share of one that would have to move to make it the other (Levin, Peres and Wilmer, Markov Chains and Mixing
    Times, 2009, proposition 4.2). 1 where one of them is empty and the other is not.
    """
    totals = [sum(counts.values()) for counts in (one, other)]
    if not all(totals):
        return float(any(totals))
    return sum(abs(one.get(k, 0) / totals[0] - other.get(k, 0) / totals[1]) for k in one.keys() | other.keys()) / 2


def log_odds(before: Counter[str], after: Counter[str]) -> list[tuple[str, float]]:
    """The words by how much their odds moved, most gained first: z-scores of the log-odds ratio.

    With an informative Dirichlet prior, here the counts of both tables together (Monroe, Colaresi and Quinn, Fightin'
    Words, Political Analysis 16, 2008, equations 15, 16 and 22): frequent words and rare ones are comparable, and a
    word seen once does not come first. Its sign is that of the difference of the two frequencies, whatever the sizes of
    the tables. Two versions share records, and many words are compared, so the scores rank words and test nothing.
    """
    prior = before + after
    total = prior.total()
    sizes = [counts.total() + total for counts in (before, after)]
    scores = []
    for word, weight in prior.items():
        ours, theirs = after[word] + weight, before[word] + weight
        # where one word is all there is, its odds are infinite on both sides
        if ours < sizes[1] and theirs < sizes[0]:
            delta = log(ours / (sizes[1] - ours)) - log(theirs / (sizes[0] - theirs))
            scores.append((word, delta / sqrt(1 / ours + 1 / theirs)))
    return sorted(scores, key=lambda score: (-score[1], score[0]))


def _mean(counts: dict[int, int]) -> float:
    return sum(n * count for n, count in counts.items()) / max(1, sum(counts.values()))


def _labels(frame: "pd.DataFrame") -> Counter[str]:
    return Counter(frame["label"].dropna()) if "label" in frame else Counter()


def _scripts(frame: "pd.DataFrame") -> dict[str, float]:
    """The mean over all sides that have letters; ASCII, which is most of it, needs no counting."""
    latin, han, sides = 0.0, 0.0, 0
    for text in (text for side in SIDES for text in frame[side]):
        if any(map(str.isalpha, text)):
            sides += 1
            latin += 1 if text.isascii() else 1 - foreign_share(text, "latin")
            han += 0 if text.isascii() else 1 - foreign_share(text, "han")
    if not sides:
        return {}
    return {"Latin": latin / sides, "Han": han / sides, "other": max(0.0, 1 - (latin + han) / sides)}


def _repeated(frame: "pd.DataFrame") -> dict[str, float]:
    keys: dict[str, list[str]] = {"prompt": ["prompt"], "text": ["text"], "prompt and text": ["prompt", "text"]}
    return {name: float(frame.duplicated(key).mean()) if len(frame) else 0.0 for name, key in keys.items()}


def _shares(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[Share, ...]:
    names: Iterable[str] = dict.fromkeys([*before, *after])
    return tuple(Share(name, before.get(name, 0.0), after.get(name, 0.0)) for name in names)
