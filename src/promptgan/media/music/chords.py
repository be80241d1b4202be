"""Chords: their names, and finding those of a piece beat by beat."""

from collections import Counter
from functools import cache

from promptgan.media.music.keys import SPELLINGS
from promptgan.media.music.piece import TICKS_PER_QUARTER, Piece

QUALITIES = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "hdim7": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "sus4": (0, 5, 7),
}
"""Semitones above the root, by the shorthand of Harte et al. (2005, ISMIR)."""
ROOTS = SPELLINGS["major"]
NAMES = tuple(f"{root}:{quality}" for root in ROOTS for quality in QUALITIES)


def found(piece: Piece) -> dict[int, str]:
    """The chord that begins at a tick, for each beat whose chord is not that of the beat before.

    A beat is a quarter. Its chord is that of `NAMES` whose tones sound for most of it, less what else sounds and less a
    beat for every tone that is missing; of equal ones that with the lowest sounding tone as its root, then the first.
    Beats in which nothing sounds have none.
    """
    chords: dict[int, str] = {}
    before = ""
    for start in range(0, piece.ticks, TICKS_PER_QUARTER):
        sounding: Counter[int] = Counter()
        bass = 128
        for voice in piece.voices:
            for note in () if voice.drums else voice.notes:
                shared = min(note.end, start + TICKS_PER_QUARTER) - max(note.onset, start)
                if shared > 0:
                    sounding[note.pitch % 12] += shared
                    bass = min(bass, note.pitch)
        name = _named(tuple(sorted(sounding.items())), bass % 12)
        if name and name != before:
            chords[start] = name
        before = name
    return chords


@cache
def _named(sounding: tuple[tuple[int, int], ...], bass: int) -> str:
    if not sounding:
        return ""
    weights = dict(sounding)
    total = sum(weights.values())

    def fit(name: str) -> tuple[int, bool]:
        tones = tones_of(name)
        inside = sum(weights.get(tone, 0) for tone in tones)
        missing = sum(tone not in weights for tone in tones)
        return 2 * inside - total - missing * TICKS_PER_QUARTER, ROOTS.index(name.split(":")[0]) == bass

    return max(NAMES, key=fit)


@cache
def tones_of(name: str) -> frozenset[int]:
    """The pitch classes of a chord of `NAMES`."""
    root, quality = name.split(":")
    return frozenset((ROOTS.index(root) + step) % 12 for step in QUALITIES[quality])


def transposed(word: str, semitones: int) -> str:
    """The name of a chord so many semitones higher; any other word as it is."""
    root, apart, quality = word.partition(":")
    if not apart or root not in ROOTS:
        return word
    return f"{ROOTS[(ROOTS.index(root) + semitones) % len(ROOTS)]}:{quality}"
