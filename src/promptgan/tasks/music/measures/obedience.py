"""How well a piece keeps to what it was asked for; 1 is to the letter, 0 not at all.

Each compares a piece with the one that the prompt was made from, of which it looks at the prompt's part alone.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping

import numpy as np

from promptgan.music.piece import TICKS_PER_QUARTER, Note, Piece, Voice
from promptgan.tasks.music.measures.statistics import bar_lines, in_scale


def key(made: Piece, asked: Piece) -> float:
    """The share of notes in the scale of the key asked for; 0 in another metre."""
    return 0.0 if made.metre != asked.metre else float(np.nan_to_num(in_scale(made, asked.key)))


def opening(made: Piece, asked: Piece, bars: int) -> float:
    """`f1` of the notes that begin in the first ``bars`` bars, voice by voice."""
    end = bar_lines(asked)[: bars + 1][-1]
    return f1(*(_notes(piece.voices, end) for piece in (made, asked)))


def melody(made: Piece, asked: Piece) -> float:
    """`f1` of the notes of the highest voice of the score."""
    return f1(*(_notes(piece.voices[:1], piece.ticks) for piece in (made, asked)))


def rhythm(made: Piece, asked: Piece) -> float:
    """`f1` of when notes begin and how long they last, voice by voice, whatever they are."""
    both = [_notes(piece.voices, piece.ticks) for piece in (made, asked)]
    return f1(*([(voice, note.onset, note.duration) for voice, note in notes] for notes in both))


def chords(made: Piece, asked: Piece) -> float:
    """The share of quarters whose pitch classes are those asked for, silence included."""
    ours, theirs = (quarters(piece) for piece in (made, asked))
    longest = max(len(ours), len(theirs))
    return sum(one == other for one, other in zip(ours, theirs, strict=False)) / longest if longest else 1.0


def quarters(piece: Piece) -> list[frozenset[int]]:
    """The pitch classes that sound at the beginning of each quarter."""
    notes = [note for voice in piece.voices if not voice.drums for note in voice.notes]
    ticks = range(0, piece.ticks, TICKS_PER_QUARTER)
    return [frozenset(note.pitch % 12 for note in notes if note.onset <= tick < note.end) for tick in ticks]


OBEDIENCE: Mapping[str, Callable[[Piece, Piece], float]] = {
    "key": key,
    "melody": melody,
    "rhythm": rhythm,
    "chords": chords,
}
"""By `validate.prompt.kind`, where nothing but the two pieces counts."""


def f1(made: Iterable[Hashable], asked: Iterable[Hashable]) -> float:
    """The harmonic mean of which share of what was made was asked for, and of what was asked for was made."""
    ours, theirs = Counter(made), Counter(asked)
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def _notes(voices: Iterable[Voice], end: int) -> list[tuple[int, Note]]:
    return [(place, note) for place, voice in enumerate(voices) for note in voice.notes if note.onset < end]
