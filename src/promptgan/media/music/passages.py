"""Passages of a piece: its bars cut into parts of one length, each a piece by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from promptgan.media.music import keys
from promptgan.media.music.piece import Note, Piece, Voice


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


def in_c(piece: Piece) -> Piece:
    """The piece in the key of C of its mode, moved the nearest way, at a tritone down; one without a key as it is."""
    if not piece.key:
        return piece
    tonic, _ = keys.parse(piece.key)
    return transposed(piece, -tonic if tonic <= 6 else 12 - tonic)


def transposed(piece: Piece, semitones: int) -> Piece:
    """The piece, which has a key, so many semitones higher."""
    voices = tuple(
        replace(voice, notes=tuple(replace(note, pitch=note.pitch + semitones) for note in voice.notes))
        for voice in piece.voices
    )
    return replace(piece, key=keys.transposed(piece.key, semitones), voices=voices)


def joined(parts: Sequence[Piece]) -> Piece:
    """Pieces of the same voices without a pickup, one after the other; key, metre and tempo are the first one's."""
    starts = [0, *accumulate(part.ticks for part in parts)]
    voices = (
        replace(
            voice,
            notes=tuple(
                replace(note, onset=note.onset + start)
                for part, start in zip(parts, starts, strict=False)
                for note in part.voices[place].notes
            ),
        )
        for place, voice in enumerate(parts[0].voices)
    )
    return replace(parts[0], ticks=starts[-1], voices=tuple(voices))


def fitted(piece: Piece, grid: int) -> Piece:
    """A piece as models read it: whole bars from the first on, without drums, and all notes on a grid.

    What comes before the first bar line is filled up with rests to a bar, and so is the last bar; onsets and ends go
    to the nearest tick of the grid, and a note that then has no length is left out. A voice has one note at a time: of
    notes that begin together the highest, which ends where the next one begins. A piece without a key has the one that
    `promptgan.media.music.keys.find_key` finds, or C major where that finds none.
    """
    shift = -piece.pickup % piece.bar_ticks
    ticks = -(-(piece.ticks + shift) // piece.bar_ticks) * piece.bar_ticks
    voices = tuple(
        replace(voice, notes=tuple(_one_at_a_time(voice, shift, grid))) for voice in piece.voices if not voice.drums
    )
    key = keys.transposed(piece.key or keys.find_key(piece) or "C major", 0)
    return replace(piece, key=key, ticks=ticks, pickup=0, voices=voices)


def _one_at_a_time(voice: Voice, shift: int, grid: int) -> Iterator[Note]:
    highest = {}
    for note in sorted(voice.notes, key=lambda note: note.pitch):  # of those that begin together the last is kept
        onset, end = (round((tick + shift) / grid) * grid for tick in (note.onset, note.end))
        if end > onset:
            highest[onset] = Note(onset, end - onset, note.pitch)
    onsets = sorted(highest)
    for onset, following in zip(onsets, [*onsets[1:], None], strict=False):
        note = highest[onset]
        until = note.end if following is None else min(note.end, following)
        yield replace(note, duration=until - onset)


def _within(voice: Voice, start: int, end: int) -> Iterator[Note]:
    for note in voice.notes:
        onset, stop = max(note.onset, start), min(note.end, end)
        if onset < stop:
            yield Note(onset - start, stop - onset, note.pitch)
