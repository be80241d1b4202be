"""Small pieces of music, for tests of what is measured."""

from dataclasses import replace
from typing import Any

import numpy as np

from promptgan.media.music import keys
from promptgan.media.music.piece import Note, Piece, Voice

NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def piece(*voices: list[tuple[int, int, int]], ticks: int = 96, **changes: Any) -> Piece:
    """Voices of (onset, duration, pitch), in C major and 4/4 unless `changes` say otherwise."""
    made = tuple(Voice(name, tuple(Note(*n) for n in notes)) for name, notes in zip(NAMES, voices, strict=False))
    return Piece(**{"key": "C major", "metre": "4/4", "tempo": 100.0, "ticks": ticks, "voices": made, **changes})


def chords(*pitches: tuple[int, ...]) -> Piece:
    """Chords of a quarter each, from the highest voice to the lowest."""
    voices = [[(24 * place, 24, pitch) for place, pitch in enumerate(line)] for line in zip(*pitches, strict=True)]
    return piece(*voices, ticks=24 * len(pitches))


def drawn(seed: int, bars: int = 4, voices: int = 4) -> Piece:
    """A piece at random whose voices sing one note after the other, with rests, in no key."""
    random = np.random.default_rng(seed)
    lines = []
    for place in range(voices):
        line, tick = [], 0
        while tick < 96 * bars:
            duration = min(int(random.choice([2, 6, 12, 24, 36])), 96 * bars - tick)
            if random.random() > 0.15:
                line.append((tick, duration, int(72 - 9 * place + random.integers(-7, 8))))
            tick += duration
        lines.append(line)
    return piece(*lines, ticks=96 * bars)


def higher(music: Piece, semitones: int) -> Piece:
    """The piece in another key of its mode, so many semitones higher."""
    voices = tuple(
        replace(voice, notes=tuple(replace(note, pitch=note.pitch + semitones) for note in voice.notes))
        for voice in music.voices
    )
    return replace(music, key=keys.transposed(music.key, semitones), voices=voices)
