"""How two versions of a table of music differ as a whole: keys, metres, pitches and durations."""

from collections import Counter
from typing import TYPE_CHECKING

from promptgan.media.music.piece import from_json
from promptgan.terms.shift import Moved, Shift, shares, total_variation

if TYPE_CHECKING:
    import pandas as pd


def shift(before: "pd.DataFrame", after: "pd.DataFrame") -> Shift:
    """Compare two tables of usable records: the column music."""
    versions = [[from_json(line) for line in frame["music"]] for frame in (before, after)]
    notes = [[note for piece in pieces for voice in piece.voices for note in voice.notes] for pieces in versions]
    moved = []
    for name, values in (
        ("pitch, mean", [[note.pitch for note in each] for each in notes]),
        ("ticks of a note, mean", [[note.duration for note in each] for each in notes]),
        ("notes of a passage, mean", [[sum(len(v.notes) for v in p.voices) for p in pieces] for pieces in versions]),
    ):
        one, other = (sum(each) / max(1, len(each)) for each in values)
        moved.append(Moved(name, one, other, total_variation(*map(Counter, values))))
    for name in ("key", "metre"):
        counts = [Counter(getattr(piece, name) for piece in pieces) for pieces in versions]
        moved += shares(f"{name} {{}}", *({k: n / count.total() for k, n in sorted(count.items())} for count in counts))
    return Shift(tuple(moved))
