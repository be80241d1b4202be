"""Keys: their names, their scales, and finding that of a piece by the profiles of Krumhansl and Kessler."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from promptgan.core.errors import PromptganError, shown
from promptgan.media.music.piece import Piece

MODES = ("major", "minor")
SPELLINGS = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
"""How the tonic of each pitch class is written: with the fewer sharps or flats."""
STEPS = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
"""Semitones above the tonic; of minor the natural one."""
PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
"""How well each step fits a key, as listeners rated it (Krumhansl and Kessler, 1982, Psychological Review 89)."""
KEYS = tuple(f"{tonic} {mode}" for mode in MODES for tonic in SPELLINGS[mode])
"""The 24 keys, as `find_key` names them."""

_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAME = re.compile(r"([A-G])(##?|bb?)? (major|minor)")


class UnknownKey(PromptganError):
    """A key has a name that none has."""


def parse(key: str) -> tuple[int, str]:
    """The pitch class of the tonic, 0 for C, and the mode of a key such as 'F# minor'.

    Raises:
        UnknownKey: it is none.
    """
    if not (found := _NAME.fullmatch(key)):
        raise UnknownKey(f"there is no key {shown(key)}", "name one as in 'C major', 'F# minor' or 'Bb major'")
    tonic, accidentals, mode = found.groups(default="")
    return (_NATURAL[tonic] + accidentals.count("#") - accidentals.count("b")) % 12, mode


def scale(key: str) -> frozenset[int]:
    """The seven pitch classes of a key; of minor the natural scale."""
    tonic, mode = parse(key)
    return frozenset((tonic + step) % 12 for step in STEPS[mode])


def transposed(key: str, semitones: int) -> str:
    """The key of the same mode so many semitones higher, in its usual spelling."""
    tonic, mode = parse(key)
    return f"{SPELLINGS[mode][(tonic + semitones) % 12]} {mode}"


def pitch_classes(pieces: Sequence[Piece]) -> npt.NDArray[np.float64]:
    """How many ticks each pitch class sounds in the pieces, (12,); drums do not count."""
    weights = np.zeros(12)
    for piece in pieces:
        for voice in piece.voices:
            for note in () if voice.drums else voice.notes:
                weights[note.pitch % 12] += note.duration
    return weights


def find_key(*pieces: Piece) -> str | None:
    """The key whose profile correlates best with how long each pitch class sounds; None where nothing tells.

    The algorithm of Krumhansl and Schmuckler (Krumhansl, 1990, Cognitive Foundations of Musical Pitch, chapter 4). Of
    several pieces it is the key that fits them together.
    """
    weights = pitch_classes(pieces)
    if np.ptp(weights) == 0:
        return None
    profiles = np.array([np.roll(PROFILES[mode], tonic) for mode in MODES for tonic in range(12)])
    centred = profiles - profiles.mean(1, keepdims=True)
    fits = centred @ (weights - weights.mean()) / np.linalg.norm(centred, axis=1)
    return KEYS[int(fits.argmax())]
