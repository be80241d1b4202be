"""Passages of a piece: its bars cut into parts of one length, each a piece by itself."""

from collections.abc import Iterator
from dataclasses import replace

from promptgan.music.piece import Note, Piece, Voice


def bars(piece: Piece) -> int:
    """How many bars begin after the pickup, a last one that is not whole included."""
    return -((piece.pickup - piece.ticks) // piece.bar_ticks)


def passages(piece: Piece, length: int) -> Iterator[tuple[int, Piece]]:
    """The passages of ``length`` bars that follow one another, each with the number of its first bar, from 1.

    The pickup is left out, and so is a last bar that is not whole. A last passage of fewer bars is kept where it has at
    least half of them.
    """
    whole = (piece.ticks - piece.pickup) // piece.bar_ticks
    for first in range(0, whole, length):
        count = min(length, whole - first)
        if 2 * count >= length:
            start = piece.pickup + first * piece.bar_ticks
            yield first + 1, clipped(piece, start, start + count * piece.bar_ticks)


def clipped(piece: Piece, start: int, end: int) -> Piece:
    """What sounds from tick ``start`` to tick ``end``, which begins with a whole bar: notes are cut at both."""
    voices = tuple(replace(voice, notes=tuple(_within(voice, start, end))) for voice in piece.voices)
    return replace(piece, ticks=end - start, pickup=0, voices=voices)


def _within(voice: Voice, start: int, end: int) -> Iterator[Note]:
    for note in voice.notes:
        onset, stop = max(note.onset, start), min(note.end, end)
        if onset < stop:
            yield Note(onset - start, stop - onset, note.pitch)
