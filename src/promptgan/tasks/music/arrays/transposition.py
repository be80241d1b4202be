"""The keys in which a training passage comes."""

from collections.abc import Iterator, Mapping
from typing import Any

from promptgan.media.music.piece import Piece

KEYS = range(-5, 7)
"""Semitones to each of the twelve keys, the nearest way."""


def range_of(split: str, rules: Mapping[str, Any], transpose: str) -> tuple[int, int] | None:
    """The lowest and the highest pitch of a split that comes in every key, and None of one that does not.

    Args:
        split: its name.
        rules: the section `validate`.
        transpose: that key of the section `tokenize`.
    """
    return (rules["lowest"], rules["highest"]) if split == "train" and transpose == "all" else None


def semitones(piece: Piece, within: tuple[int, int] | None) -> Iterator[int]:
    """How far a passage is moved, each time: not at all, or to each key in which its pitches are within a range."""
    pitches = {note.pitch for voice in piece.voices for note in voice.notes}
    for distance in [0] if within is None else KEYS:
        if within is None or all(within[0] <= pitch + distance <= within[1] for pitch in pitches):
            yield distance


def named(identifier: str, distance: int) -> str:
    """The id of a passage that was moved, such as bwv269-5+2."""
    return identifier + (f"{distance:+d}" if distance else "")
