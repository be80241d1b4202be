"""Music as piano rolls: arrays of black and white pixels, a channel for each voice from above.

A column is a sixteenth. Row 0 is white where the voice begins a note; the others are pitches, around middle C: of a
roll of H rows, row 1 is MIDI pitch 60 - H/2. A voice sings one note at a time, on the grid of sixteenths, so that a
roll says all that it sings; a change of pitch begins a note whatever row 0 says.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from promptgan.core.errors import PromptganError
from promptgan.media.music import events
from promptgan.media.music.piece import TICKS_PER_QUARTER, Piece

Roll = npt.NDArray[np.uint8]
"""(V, H, W): voices, rows and sixteenths; 0 is black and 255 white."""

STEP = TICKS_PER_QUARTER // 4
"""Ticks of a column."""
MIDDLE_C = 60
WHITE = 255


class NotOnTheRoll(PromptganError):
    """A piece has pitches or onsets that a roll has no row or column for."""


class Read(NamedTuple):
    """What a roll says."""

    words: list[str]
    """As `promptgan.media.music.events` writes them."""
    mended: int
    """Columns of a voice that say something else where each pixel is read by itself, as black or white."""


def lowest(height: int) -> int:
    """The MIDI pitch of row 1."""
    return MIDDLE_C - height // 2


def written(piece: Piece, height: int) -> Roll:
    """The roll of a piece without a pickup.

    Raises:
        NotOnTheRoll: a pitch lies beside its rows, or a note begins or ends beside the sixteenths.
    """
    roll = np.zeros((len(piece.voices), height, piece.ticks // STEP), np.uint8)
    for pixels, voice in zip(roll, piece.voices, strict=True):
        for note in voice.notes:
            row = note.pitch - lowest(height) + 1
            if not 1 <= row < height or note.onset % STEP or note.end % STEP:
                raise NotOnTheRoll(
                    f"pitch {note.pitch} from tick {note.onset} to {note.end}: a roll of {height} rows has pitches from"
                    f" {lowest(height)} to {lowest(height) + height - 2}, and notes of whole sixteenths, {STEP} ticks",
                    "raise tokenize.height, narrow validate.lowest and validate.highest, or make validate.grid"
                    f" a multiple of {STEP}",
                )
            first, end = note.onset // STEP, note.end // STEP
            pixels[1:, first:end] = 0  # of notes that overlap, the later one ends the earlier one
            pixels[[0, row], first], pixels[row, first:end] = WHITE, WHITE
    return roll


def read(roll: Roll, metre: str) -> Read:
    """What a roll says, whoever drew it and however grey.

    Brightness is the probability of being white. A voice sounds where more than half a white pixel is expected among
    its pitches, and then the brightest of them; where it sounds it begins a note if row 0 is more white than black.
    """
    brightness = roll.astype(np.float64) / WHITE
    pitches, sounds = brightness[:, 1:].argmax(1), brightness[:, 1:].sum(1) > 0.5
    begins = sounds & (brightness[:, 0] > 0.5)
    clean = np.zeros(roll.shape, bool)
    clean[:, 0] = begins
    np.put_along_axis(clean[:, 1:], pitches[:, None], sounds[:, None], 1)
    mended = int((clean != (brightness > 0.5)).any(1).sum())
    piece = Piece("", metre, 1.0, STEP * roll.shape[2], ())
    at: dict[int, list[str]] = {}
    for number, line in enumerate(np.where(sounds, pitches + lowest(roll.shape[1]), -1).tolist(), start=1):
        before = -1
        for step, pitch in enumerate(line):
            if pitch != before or begins[number - 1, step]:
                at.setdefault(STEP * step, []).append(events.event(number, None if pitch < 0 else pitch))
            before = pitch
    return Read(events.in_bars(piece, at), mended)
