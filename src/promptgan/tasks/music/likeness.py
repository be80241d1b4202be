"""What is alike in music: a record and the others, a sample and the training data, whatever the key."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from promptgan.core.parameters import validate_section
from promptgan.media.music.piece import Piece, from_json
from promptgan.quality.duplicates import NearDuplicates, higher_ranked_copies
from promptgan.tasks.music.records.records import intervals, is_music

if TYPE_CHECKING:
    import pandas as pd

NEAREST = 5
SHORTEST = 8
"""Notes of a run that counts as copied."""
MEASURE = (
    "longest run of notes of a voice that a voice of the training bars has too, in any key: the same intervals and the"
    " same durations"
)

Run = tuple[tuple[int, int], ...]


def relatives(ours: "pd.DataFrame", others: "pd.DataFrame", section: Mapping[str, Any]) -> list[str]:
    """What each of the other records has of ours, in words; empty for most."""
    near = validate_section(NearDuplicates, section["near_duplicates"], "validate.near_duplicates")
    sides = [intervals(from_json(line)) if is_music(line) else [] for line in [*ours["music"], *others["music"]]]
    ranks = [0] * len(ours) + [1] * len(others)
    usable = [place for place, side in enumerate(sides) if any(side)]
    copies = higher_ranked_copies([sides[i] for i in usable], [ranks[i] for i in usable], near)
    near_ones = {place for place, copy in zip(usable, copies, strict=True) if copy is not None}
    exact = [sides[i] for i in range(len(ours)) if any(sides[i])]
    return [
        "the same music" if any(sides[place]) and sides[place] in exact
        else "nearly the same music" if place in near_ones
        else ""
        for place in range(len(ours), len(sides))
    ]  # fmt: skip


def phrases(ours: "pd.DataFrame", others: "pd.DataFrame") -> tuple[str, ...]:
    """Music has no words by which it is known elsewhere."""
    return ()


def repeats(record: Mapping[str, Any], samples: "pd.DataFrame") -> list[int]:
    """The rows of samples that are the record's notes, in any key."""
    if not is_music(record["music"]):
        return []
    own = intervals(from_json(record["music"]))
    return [row for row, line in enumerate(samples["music"]) if intervals(from_json(line)) == own]


def origin(sample: Mapping[str, Any], samples: "pd.DataFrame", train: "pd.DataFrame") -> dict[str, Any]:
    """Whether a sample was copied: a verdict, and the training bars that share the longest runs, by `MEASURE`."""
    own = _steps(from_json(sample["music"]))
    total = sum(len(voice) + 1 for voice in own if voice)
    shared = [longest(own, _steps(from_json(line))) for line in train["music"]]
    best = sorted(range(len(shared)), key=lambda n: (-shared[n], n))[:NEAREST]
    near = [
        {**{key: train[key].iloc[n] for key in ("id", "group", "source")}, "notes": shared[n]}
        for n in best
        if shared[n] > 1
    ]
    if not near:
        verdict = "nothing near: no two notes of a voice stand so in any training bar"
    else:
        run, source = near[0]["notes"], near[0]["source"]
        copied = "copied in part" if run >= SHORTEST else "not a training piece"
        verdict = f"{copied}; {run} of its {total} notes stand together in a voice of {source}"
    return {"verdict": verdict, "nearest": near, "measure": MEASURE}


def longest(ours: Sequence[Run], theirs: Sequence[Run]) -> int:
    """Notes of the longest run that a voice of both has; 0 where not even two notes are shared."""
    best = 0
    for one in ours:
        for other in theirs:
            lengths = [0] * (len(other) + 1)
            for step in one:  # longest common substring, a row at a time
                lengths = [0, *(lengths[i] + 1 if step == there else 0 for i, there in enumerate(other))]
                best = max(best, *lengths)
    return best + 1 if best else 0


def _steps(piece: Piece) -> list[Run]:
    """Of each voice, how far each note is from the one before, and how long it lasts."""
    return [tuple((b.pitch - a.pitch, b.duration) for a, b in pairwise(voice.notes)) for voice in piece.voices]
