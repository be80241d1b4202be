"""How much of a voice is copied from known music, in whatever key it stands there."""

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from promptgan.media.music.piece import Piece
from promptgan.tasks.music.measures.distributions import top_line

Integers = npt.NDArray[np.int64]
Step = tuple[int, int]
"""From a note to the next: semitones up, and ticks between their onsets."""

RUN = 8
"""Notes that make a copy: a phrase of a hymn tune has about as many."""


def steps(piece: Piece, without: Iterable[str] = ()) -> list[list[Step]]:
    """The steps of each voice but drums and those named ``without``; the same for a piece in every key."""
    lines = [top_line(v) for v in piece.voices if not v.drums and v.name not in set(without)]
    return [
        [(after.pitch - before.pitch, after.onset - before.onset) for before, after in itertools.pairwise(line)]
        for line in lines
    ]


def matches(lines: Sequence[Sequence[Step]], known: Sequence[Sequence[Step]]) -> list[Integers]:
    """For each step of each line, how many steps from there on stand in a row in one of the ``known`` lines.

    One order after the other: a run of n steps is a run of n - 1 and a step, numbered together for both sides.
    """
    everything = [*lines, *known]
    lengths = np.array([len(line) for line in everything], dtype=np.int64)
    numbers: dict[Step, int] = {}
    flat = np.array([numbers.setdefault(s, len(numbers)) for line in everything for s in line], dtype=np.int64)
    ends = np.repeat(np.cumsum(lengths), lengths)
    ours = int(lengths[: len(lines)].sum())
    longest = np.zeros(ours, dtype=np.int64)
    places, runs, order = np.arange(len(flat)), flat, 1
    while len(places):
        there = np.isin(runs, runs[places >= ours])
        longest[places[there & (places < ours)]] = order
        # What is not known on both sides, or ends with its line, cannot go on.
        goes_on = there & np.isin(runs, runs[places < ours]) & (places + order < ends[places])
        places, runs = places[goes_on], runs[goes_on]
        runs = np.unique(runs * len(numbers) + flat[places + order], return_inverse=True)[1]
        order += 1
    return np.split(longest, np.cumsum(lengths[: len(lines)])[:-1]) if len(lines) else []


def copied(pieces: Sequence[list[list[Step]]], known: Sequence[Sequence[Step]]) -> list[tuple[float, int]]:
    """Of each piece, the share of its runs of `RUN` notes that are known, and the notes of its longest known run.

    Args:
        pieces: the `steps` of each.
        known: the steps of the lines of known music.

    Returns:
        Not a number for the share where no voice has so many notes; 0 notes where there is no step.
    """
    found = iter(matches([line for piece in pieces for line in piece], known))
    answers = []
    for piece in pieces:
        lengths = [next(found) for _ in piece]
        full = [length[: max(0, len(length) - RUN + 2)] for length in lengths]
        runs = np.concatenate([*full, np.zeros(0, dtype=np.int64)])
        longest = max((int(length.max(initial=-1)) + 1 for length in lengths), default=0)
        answers.append((float((runs >= RUN - 1).mean()) if len(runs) else np.nan, longest))
    return answers
