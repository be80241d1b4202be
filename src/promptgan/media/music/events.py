"""Music as words: bar lines, positions in the bar, and what each voice begins there.

After REMI (Huang and Yang, 2020, arXiv:2002.00212), with a word for a voice and its pitch where REMI has one for pitch,
velocity and duration: a voice sounds what it has begun until it begins something else, so that held notes cost nothing.

- ``|`` begins a bar, at its position 0;
- ``@18`` goes on to position 18 of the bar, in ticks;
- ``v2=60`` lets the second voice from above begin pitch 60, ``v2=_`` lets it be silent.

What music begins with is silence, and it ends with its last bar.
"""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from promptgan.media.music.piece import Note, Piece

BAR, SILENT = "|", "_"
EVENT = re.compile(r"v(\d+)=(\d+|_)")
POSITION = re.compile(r"@(\d+)")

Voices = dict[int, dict[int, int | None]]
"""What each voice, from 1, begins at which tick: a pitch, or silence."""


class Read(NamedTuple):
    """What words say."""

    voices: Voices
    bars: int
    mended: int
    """Words that could not stand where they stood, which were left out."""


def position(tick: int) -> str:
    """The word for a position in the bar."""
    return f"@{tick}"


def event(voice: int, pitch: int | None) -> str:
    """The word for what a voice, from 1, begins."""
    return f"v{voice}={SILENT if pitch is None else pitch}"


def begun(piece: Piece) -> Voices:
    """What each voice begins when. Of notes of one voice that overlap, the later one ends the earlier one."""
    voices: Voices = {}
    for number, voice in enumerate(piece.voices, start=1):
        begins = voices.setdefault(number, {})
        following = [*(note.onset for note in voice.notes[1:]), piece.ticks]
        for note, until in zip(voice.notes, following, strict=False):
            begins[note.onset] = note.pitch
            if note.end < until:
                begins[note.end] = None
    return voices


def written(piece: Piece, voices: Collection[int] | None = None) -> list[str]:
    """The words of a piece without a pickup, of some of its voices where these are named."""
    begins = {number: each for number, each in begun(piece).items() if voices is None or number in voices}
    at: dict[int, list[str]] = {}
    for number, each in begins.items():
        for tick, pitch in each.items():
            at.setdefault(tick, []).append(event(number, pitch))
    return in_bars(piece, at)


def in_bars(piece: Piece, at: dict[int, list[str]]) -> list[str]:
    """Words of the ticks of a piece behind bar lines and positions; a bar line is the position 0."""
    words = []
    for start in range(0, piece.ticks, piece.bar_ticks):
        words.append(BAR)
        for tick in sorted(tick for tick in at if start <= tick < start + piece.bar_ticks):
            words += [*([position(tick - start)] if tick > start else []), *at[tick]]
    return words


def read(words: Sequence[str], bar_ticks: int, voices: int) -> Read:
    """What words say, whoever wrote them.

    A word that cannot stand where it does is left out and counted: one that is no bar line, position or event, one
    before the first bar line, a position that does not lie behind the one before and within the bar, an event of a
    voice that is not there, or that has begun something at this place already.

    Args:
        words: of a whole piece.
        bar_ticks: of a bar.
        voices: how many there are.
    """
    found: Voices = {number: {} for number in range(1, voices + 1)}
    bars, place, mended = 0, 0, 0
    for word in words:
        tick = (bars - 1) * bar_ticks + place
        if word == BAR:
            bars, place = bars + 1, 0
        elif bars and (told := POSITION.fullmatch(word)) and place < int(told[1]) < bar_ticks:
            place = int(told[1])
        elif bars and (told := EVENT.fullmatch(word)) and tick not in found.get(int(told[1]), {tick: None}):
            found[int(told[1])][tick] = None if told[2] == SILENT else int(told[2])
        else:
            mended += 1
    return Read(found, bars, mended)


def transposed(word: str, semitones: int) -> str:
    """An event so many semitones higher; any other word as it is."""
    told = EVENT.fullmatch(word)
    return event(int(told[1]), int(told[2]) + semitones) if told and told[2] != SILENT else word


def notes(begins: dict[int, int | None], ticks: int) -> tuple[Note, ...]:
    """The notes of a voice of a piece of so many ticks."""
    return tuple(
        Note(tick, end - tick, pitch)
        for tick, end in pairwise([*sorted(begins), ticks])
        if (pitch := begins[tick]) is not None and end > tick
    )
