"""How often pitches, intervals, durations and places in the bar occur in pieces, and how far that is from real ones."""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from promptgan.media.music.piece import Note, Piece, Voice
from promptgan.tasks.music.measures.voice_leading import harmonies
from promptgan.terms.shift import total_variation

Distribution = Counter[int]
NAMES = ("pitch", "interval", "duration", "onset")


def distributions(piece: Piece, given: Collection[str] = ()) -> dict[str, Distribution]:
    """Notes by what `NAMES` says.

    `pitch`: MIDI numbers. `interval`: semitones from a voice's note to its next one, of notes at once the highest.
    `duration`: ticks. `onset`: ticks from the bar line. Of drums only the last two.

    Args:
        piece: of which they are.
        given: names of voices that are left out.
    """
    found = {name: Distribution() for name in NAMES}
    for voice in (each for each in piece.voices if each.name not in given):
        found["duration"].update(note.duration for note in voice.notes)
        found["onset"].update((note.onset - piece.pickup) % piece.bar_ticks for note in voice.notes)
        if not voice.drums:
            found["pitch"].update(note.pitch for note in voice.notes)
            line = top_line(voice)
            found["interval"].update(after.pitch - before.pitch for before, after in itertools.pairwise(line))
    return found


def distances(pieces: Iterable[dict[str, Distribution]], real: dict[str, Distribution]) -> dict[str, float]:
    """Total variation of each distribution of several pieces together from that of real ones, as `NAME_distance`."""
    own = pooled(pieces)
    return {f"{name}_distance": total_variation(own[name], real[name]) for name in NAMES}


def pooled(pieces: Iterable[dict[str, Distribution]]) -> dict[str, Distribution]:
    """The distributions of several pieces together."""
    totals = {name: Distribution() for name in NAMES}
    for piece in pieces:
        for name in NAMES:
            totals[name].update(piece[name])
    return totals


def top_line(voice: Voice) -> list[Note]:
    """The notes of a voice, and of notes that begin at once the highest."""
    return list({note.onset: note for note in sorted(voice.notes)}.values())


def progressions(piece: Piece) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Pairs of harmonies that follow each other."""
    found = list(harmonies(piece))
    return list(itertools.pairwise(found))


def variety(pieces: Iterable[list[tuple[tuple[int, ...], tuple[int, ...]]]]) -> float:
    """Different `progressions` over all of several pieces together, as distinct-2 counts pairs of words.

    Distinct-n is of Li et al., 2016, arXiv:1510.03055. It falls with the number of pieces, so it compares sets of as
    many. 0 without any.
    """
    found: Iterator[tuple[tuple[int, ...], tuple[int, ...]]] = (pair for piece in pieces for pair in piece)
    counts = Counter(found)
    return len(counts) / counts.total() if counts else 0.0
