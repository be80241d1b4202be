"""What is alike in texts: a record and the others, a sample and the training data."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptgan.core.parameters import validate_section
from promptgan.quality.duplicates import NearDuplicates, higher_ranked_copies
from promptgan.quality.normalise import normalise
from promptgan.terms.words import words

if TYPE_CHECKING:
    import pandas as pd

MIN_WORDS = 6
"""Of a text that is recognised by its words: a shorter one would be by coincidence."""
NEAREST = 5
MEASURE = "Jaccard similarity of the sets of 1- to 3-word runs, case and punctuation left aside: 1 is the same words"


def relatives(ours: "pd.DataFrame", others: "pd.DataFrame", section: Mapping[str, Any]) -> list[str]:
    """What each of the other records has of ours, in words; empty for most.

    Args:
        ours: records, as validated or as they came.
        others: likewise.
        section: `validate`, whose measure says what a near duplicate is.
    """
    near = validate_section(NearDuplicates, section["near_duplicates"], "validate.near_duplicates")
    mine, theirs = (_texts(frame) for frame in (ours, others))
    sentences = [[words(text) or [text]] for text in [*mine, *theirs]]
    copies = higher_ranked_copies(sentences, [0] * len(mine) + [1] * len(theirs), near)[len(mine) :]
    same = set(mine)
    return [
        "of the same text" if text in same else "nearly the same" if copy is not None else ""
        for text, copy in zip(theirs, copies, strict=True)
    ]


def phrases(ours: "pd.DataFrame", others: "pd.DataFrame") -> tuple[str, ...]:
    """The words by which our records are known elsewhere: long texts that are no part of another record."""
    kept = "\n".join(_texts(others)).casefold()
    long = {text for text in _texts(ours) if len(words(text)) >= MIN_WORDS}
    return tuple(text for text in sorted(long) if text.casefold() not in kept)


def repeats(record: Mapping[str, Any], samples: "pd.DataFrame") -> list[int]:
    """The rows of samples that say the record, word for word."""
    if not isinstance(record["text"], str):  # quarantine may hold anything
        return []
    own = words(normalise(record["text"]))
    return [row for row, text in enumerate(samples["text"]) if words(text) == own]


def nearest(text: str, train: "pd.DataFrame") -> tuple[list[dict[str, Any]], str, int]:
    """The training records that a text is most like, whether it is one of them in words, and how many it is.

    Args:
        text: a sample.
        train: the training split.
    """
    own = words(text)
    runs = _runs(own)
    alike = [similarity(runs, _runs(words(each))) for each in train["text"]]
    best = sorted(range(len(alike)), key=lambda n: (-alike[n], n))[:NEAREST]
    near = [
        {**{key: train[key].iloc[n] for key in ("id", "group", "text", "label")}, "similarity": round(alike[n], 4)}
        for n in best
        if alike[n]
    ]
    equal = sum(value == 1 for value in alike)
    if not own:
        verdict = "the sample has no word"
    elif equal:
        verdict = f"copied word for word: {equal:,} of {len(train):,} training texts say this"
    else:
        verdict = f"not a training text; the nearest of {len(train):,} has a similarity of {max(alike, default=0):.2f}"
    return near, verdict, equal


def kept(text: str, source: str) -> float:
    """The similarity of two texts."""
    return similarity(_runs(words(text)), _runs(words(source)))


def similarity(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    """Jaccard similarity of two sets of runs; 0 where one is empty."""
    return len(one & other) / len(one | other) if one and other else 0.0


def _runs(text: list[str]) -> set[tuple[str, ...]]:
    return {tuple(text[i : i + n]) for n in (1, 2, 3) for i in range(len(text) - n + 1)}


def _texts(frame: "pd.DataFrame") -> list[str]:
    """Sentences as validation makes them, which quarantine keeps as they came."""
    return [normalise(text) if isinstance(text, str) else "" for text in frame["text"]]
