"""Music cut into windows, and what can be done to a window so that it is no longer what its composer wrote.

A window is an array of notes (N, 4) with the columns voice (0 is the highest), onset, end and pitch, in ticks from its
beginning; notes that hang over are cut at both ends.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from promptgan.media.music.piece import TICKS_PER_QUARTER, Piece

Window = npt.NDArray[np.int64]

QUARTERS, HOP = 8, 4
"""Length of a window and the way to the next one: two bars, and one, of 4/4."""
TICKS = QUARTERS * TICKS_PER_QUARTER
SIXTEENTH = TICKS_PER_QUARTER // 4
VOICE, ONSET, END, PITCH = range(4)


def windows(piece: Piece) -> list[Window]:
    """The windows of a piece; drums and silence are left out, and so is a rest that fills none.

    A piece shorter than a window is one, with silence behind it.
    """
    voices = [voice for voice in piece.voices if not voice.drums]
    rows = [(place, n.onset, n.end, n.pitch) for place, voice in enumerate(voices) for n in voice.notes]
    notes = np.array(rows, dtype=np.int64).reshape(-1, 4)
    starts = range(0, max(1, piece.ticks - TICKS + 1), HOP * TICKS_PER_QUARTER)
    return [window for start in starts if len(window := clipped(notes, start, start + TICKS))]


def clipped(notes: Window, start: int, end: int) -> Window:
    """What sounds from tick ``start`` to ``end``, in ticks from ``start``."""
    inside = notes[(notes[:, ONSET] < end) & (notes[:, END] > start)].copy()
    inside[:, ONSET:PITCH] = np.clip(inside[:, ONSET:PITCH], start, end) - start
    return inside


def wrong_notes(window: Window, other: Window, random: np.random.Generator) -> Window:
    """A sixth of the notes, two at least, a semitone or two beside their pitches."""
    changed = window.copy()
    chosen = random.permutation(len(window))[: max(2, len(window) // 6)]
    changed[chosen, PITCH] = np.clip(window[chosen, PITCH] + random.choice([-2, -1, 1, 2], len(chosen)), 0, 127)
    return changed


def wrong_time(window: Window, other: Window, random: np.random.Generator) -> Window:
    """One voice one to three sixteenths late, what no longer fits cut off."""
    late = np.where(window[:, VOICE] == random.choice(window[:, VOICE]), SIXTEENTH * random.integers(1, 4), 0)
    changed = window.copy()
    changed[:, ONSET:PITCH] += late[:, None]
    return clipped(changed, 0, TICKS)


def wrong_voice(window: Window, other: Window, random: np.random.Generator) -> Window:
    """One voice sings what it sings in another window."""
    voice = random.choice(window[:, VOICE])
    return np.concatenate([window[window[:, VOICE] != voice], other[other[:, VOICE] == voice]])


def wrong_end(window: Window, other: Window, random: np.random.Generator) -> Window:
    """The second half is that of another window."""
    half = clipped(other, TICKS // 2, TICKS)
    half[:, ONSET:PITCH] += TICKS // 2
    return np.concatenate([clipped(window, 0, TICKS // 2), half])


TAMPERINGS: Sequence[Callable[[Window, Window, np.random.Generator], Window]] = (
    wrong_notes,
    wrong_time,
    wrong_voice,
    wrong_end,
)
"""What is done to a window, given another one: the judge's classes from 1 on; 0 is what nothing was done to."""
CLASSES = 1 + len(TAMPERINGS)


def tampered(kind: int, window: Window, other: Window, random: np.random.Generator) -> Window:
    """A window of class ``kind``."""
    return TAMPERINGS[kind - 1](window, other, random) if kind else window
