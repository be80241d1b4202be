"""The usual statistics of one piece of music: density, pitch, rhythm and harmony.

The names are those of MuseGAN (Dong et al., 2018, arXiv:1709.06298) and MusPy (Dong et al., 2020, arXiv:2008.01951).
Drums have no pitch, and count for rhythm alone. What a piece has nothing of is not a number.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from promptgan.media.music.keys import KEYS, scale
from promptgan.media.music.piece import TICKS_PER_QUARTER, Note, Piece, Voice

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

QUALIFIED = TICKS_PER_QUARTER // 8
"""Ticks of a thirty-second, the shortest note that is no splinter; MuseGAN's three steps of 96 to a bar."""


def bar_lines(piece: Piece) -> list[int]:
    """The tick at which each bar begins, that of the pickup included, and the end of the piece."""
    return [*([0] if piece.pickup else []), *range(piece.pickup, piece.ticks, piece.bar_ticks), piece.ticks]


def sounding(voices: Sequence[Voice], ticks: int) -> Flags:
    """Whether each pitch sounds at each tick in any of the voices, (ticks, 128)."""
    roll = np.zeros((ticks, 128), dtype=bool)
    for voice in voices:
        for note in voice.notes:
            roll[note.onset : note.end, note.pitch] = True
    return roll


def pitched(piece: Piece) -> list[Voice]:
    """The voices that have pitches."""
    return [voice for voice in piece.voices if not voice.drums]


def since(piece: Piece, tick: int) -> Piece:
    """The piece without the notes that begin before a tick."""
    voices = (replace(voice, notes=tuple(n for n in voice.notes if n.onset >= tick)) for voice in piece.voices)
    return replace(piece, voices=tuple(voices))


def empty_bars(piece: Piece) -> float:
    """The share of bars in which nothing sounds (MuseGAN's EB, of all voices together)."""
    lines = bar_lines(piece)
    roll = sounding(piece.voices, piece.ticks)
    return float(np.mean([not roll[start:end].any() for start, end in pairwise(lines)]))


def used_pitch_classes(piece: Piece) -> float:
    """Pitch classes of a bar in which anything sounds, on average, 1 to 12 (MuseGAN's UPC, of all voices together)."""
    lines = bar_lines(piece)
    classes = _classes(sounding(pitched(piece), piece.ticks))
    counts = [int(classes[start:end].any(0).sum()) for start, end in pairwise(lines)]
    return _mean([count for count in counts if count])


def qualified_notes(piece: Piece) -> float:
    """The share of notes that last a thirty-second or longer (MuseGAN's QN): low where music is splintered."""
    return _mean([note.duration >= QUALIFIED for voice in piece.voices for note in voice.notes])


def polyphony(piece: Piece) -> float:
    """Pitches that sound at once, on average over the time in which any sounds (MusPy's polyphony)."""
    counts = sounding(pitched(piece), piece.ticks).sum(1)
    return _mean(counts[counts > 0])


def in_scale(piece: Piece, key: str | None = None) -> float:
    """The share of notes that lie in the scale of ``key``; without one in that scale which holds most of them.

    The latter is the scale consistency of Mogren (2016, arXiv:1611.09904), over the 24 major and natural minor scales.
    """
    classes = np.bincount([n.pitch % 12 for v in pitched(piece) for n in v.notes], minlength=12)
    scales = [scale(each) for each in (KEYS if key is None else [key])]
    return float(max(classes[list(each)].sum() for each in scales) / classes.sum()) if classes.any() else np.nan


def groove_consistency(piece: Piece) -> float:
    """How far bars next to each other begin their notes at the same ticks: 1 where all do, not a number for one bar.

    One less the mean share of a bar's ticks at which a note begins in one of two neighbours and not in the other (Wu
    and Yang, 2020, arXiv:2008.01307). A pickup is no bar, nor is an end that fills none.
    """
    size = piece.bar_ticks
    begun = np.zeros((piece.ticks - piece.pickup) // size * size, dtype=bool)
    onsets = np.array([n.onset - piece.pickup for v in piece.voices for n in v.notes], dtype=int)
    begun[onsets[(onsets >= 0) & (onsets < len(begun))]] = True
    bars = begun.reshape(-1, size)
    return 1 - float((bars[1:] != bars[:-1]).mean()) if len(bars) > 1 else np.nan


def repeated_bars(piece: Piece) -> float:
    """The share of bars with notes, from the second on, that begin the same notes as an earlier bar of the piece."""
    lines = bar_lines(piece)
    bars = []
    for start, end in pairwise(lines):
        begun = [
            [Note(n.onset - start, n.duration, n.pitch) for n in v.notes if start <= n.onset < end]
            for v in piece.voices
        ]
        if any(begun):
            bars.append(tuple(map(tuple, begun)))
    return 1 - (len(set(bars)) - 1) / (len(bars) - 1) if len(bars) > 1 else np.nan


def tonal_distance(piece: Piece) -> float:
    """How far voices are from each other harmonically, bar by bar, on average over pairs of voices that both sound.

    The distance of tonal centroids, of which fifths lie nearest to each other (Harte, Sandler and Gasser, 2006,
    Detecting harmonic change in musical audio), as MuseGAN takes it between tracks, there beat by beat: 0 for equal
    pitch classes.
    """
    lines, found = bar_lines(piece), list[float]()
    rolls = [_classes(sounding([voice], piece.ticks)) for voice in pitched(piece)]
    for start, end in pairwise(lines):
        chroma = [roll[start:end].sum(0) for roll in rolls]
        centroids = [tonal_centroid(each) for each in chroma if each.any()]
        found += [float(np.linalg.norm(one - other)) for one, other in combinations(centroids, 2)]
    return _mean(found)


def tonal_centroid(chroma: npt.ArrayLike) -> Floats:
    """Where a chroma vector (12,) with a positive sum lies on the circles of fifths, minor and major thirds, (6,)."""
    weights = np.asarray(chroma, dtype=float)
    steps = np.arange(12)
    circles = [(1.0, 7 / 6), (1.0, 3 / 2), (0.5, 2 / 3)]
    rows = [r * wave(steps * angle * np.pi) for r, angle in circles for wave in (np.sin, np.cos)]
    centroid: Floats = np.array(rows) @ weights / weights.sum()
    return centroid


STATISTICS = (
    empty_bars,
    used_pitch_classes,
    qualified_notes,
    polyphony,
    in_scale,
    groove_consistency,
    repeated_bars,
    tonal_distance,
)
"""Those that are measured of every piece, under their names."""


def statistics(piece: Piece) -> dict[str, float]:
    """All of `STATISTICS`, by name."""
    return {statistic.__name__: statistic(piece) for statistic in STATISTICS}


def _classes(roll: Flags) -> Flags:
    """Pitch classes (ticks, 12) of pitches (ticks, 128)."""
    octaves: Flags = np.pad(roll, ((0, 0), (0, 4))).reshape(len(roll), 11, 12)
    classes: Flags = np.logical_or.reduce(octaves, axis=1)
    return classes


def _mean(values: Sequence[float] | Integers) -> float:
    return float(np.mean(values)) if len(values) else np.nan
