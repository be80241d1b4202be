"""Faults of voice leading that the rules of four-part writing forbid, where each voice sings one note at a time."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from promptgan.media.music.piece import Piece

Sonority = tuple[int | None, ...]
"""The pitch of each voice from high to low; None where it rests."""

FIFTH, OCTAVE = 7, 0
"""Semitones between two voices, octaves aside."""


class Faults(NamedTuple):
    """What goes wrong in a piece, as shares of its progressions, and of its sonorities."""

    clean: float
    """Progressions that end with no crossing and move no two voices in parallel fifths or octaves."""
    parallel_fifths: float
    parallel_octaves: float
    crossings: float
    """Sonorities in which a voice sings above one that is higher in the score."""


def sonorities(piece: Piece) -> list[Sonority] | None:
    """What sounds from each tick on at which a note begins or ends, each once as long as nothing changes.

    None where there are not two voices, drums aside, or one of them has two notes at once. A note that is repeated
    changes nothing. Silence is no sonority.
    """
    voices = [voice.notes for voice in piece.voices if not voice.drums]
    if len(voices) < 2 or any(one.end > other.onset for notes in voices for one, other in pairwise(notes)):
        return None
    changes = sorted({tick for notes in voices for note in notes for tick in (note.onset, note.end)})
    held = np.full((len(changes), len(voices)), -1)
    for place, notes in enumerate(voices):
        for note in notes:
            start, end = np.searchsorted(changes, [note.onset, note.end])
            held[start:end, place] = note.pitch
    found: list[Sonority] = []
    for row in held.tolist():
        heard = tuple(None if pitch < 0 else pitch for pitch in row)
        if any(pitch is not None for pitch in heard) and heard != (found[-1] if found else None):
            found.append(heard)
    return found


def parallels(before: Sonority, after: Sonority, interval: int) -> bool:
    """Whether two voices move in the same direction from an ``interval`` to the same one, octaves aside.

    In contrary motion, or where a voice stays, rests or begins, there is no parallel.
    """
    for high, low in combinations(range(len(before)), 2):
        a, b, c, d = before[high], before[low], after[high], after[low]
        if a is None or b is None or c is None or d is None or (c - a) * (d - b) <= 0:
            continue
        if abs(a - b) % 12 == interval == abs(c - d) % 12:
            return True
    return False


def crosses(sonority: Sonority) -> bool:
    """Whether any voice sings above one that is higher in the score; a unison is no crossing."""
    sung = [pitch for pitch in sonority if pitch is not None]
    return any(low > high for high, low in pairwise(sung))


def faults(piece: Piece) -> Faults:
    """How often each fault is committed; not numbers where `sonorities` says None or there are not two of them."""
    found = sonorities(piece)
    if found is None or len(found) < 2:
        return Faults(*[np.nan] * len(Faults._fields))
    moved = [(parallels(*pair, FIFTH), parallels(*pair, OCTAVE), crosses(pair[1])) for pair in pairwise(found)]
    fifths, octaves, _ = np.mean(moved, 0)
    clean = np.mean([not any(row) for row in moved])
    return Faults(float(clean), float(fifths), float(octaves), float(np.mean([crosses(each) for each in found])))


def harmonies(piece: Piece) -> Iterator[tuple[int, ...]]:
    """The pitch classes above the lowest note whenever what sounds changes, whoever sings it: (0, 4, 7) is a triad.

    Of any piece, polyphonic voices included; the same in every key.
    """
    notes = sorted(note for voice in piece.voices if not voice.drums for note in voice.notes)
    changes = sorted({tick for note in notes for tick in (note.onset, note.end)})
    held: list[set[int]] = [set() for _ in changes]
    for note in notes:
        start, end = np.searchsorted(changes, [note.onset, note.end])
        for pitches in held[start:end]:
            pitches.add(note.pitch)
    last: set[int] = set()
    for pitches in held:
        if pitches and pitches != last:
            yield tuple(sorted({(pitch - min(pitches)) % 12 for pitch in pitches}))
        last = pitches
