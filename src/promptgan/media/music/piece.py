"""A piece of music in voices: what MIDI, MusicXML, records, arrays, measures and players all speak of."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

# Divides into sixteenths, thirty-seconds and triplets of eighths without rest.
TICKS_PER_QUARTER = 24


@dataclass(frozen=True, order=True, slots=True)
class Note:
    """Sounds from tick `onset` of the piece for `duration` > 0 ticks; `pitch` is a MIDI number, 0 to 127."""

    onset: int
    duration: int
    pitch: int

    @property
    def end(self) -> int:
        """The first tick of silence."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Voice:
    """Notes in the order of onset and pitch; `program` is General MIDI's; of `drums` pitches are instruments."""

    name: str
    notes: tuple[Note, ...]
    program: int = 0
    drums: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Voices from high to low. `key` is a tonic and a mode ('F# minor'), `metre` beats and unit ('3/4').

    `tempo` is quarters a minute; `ticks` the whole length, rests at the end included; `pickup` the ticks before the
    first bar line, 0 where a piece begins with a whole bar.
    """

    key: str
    metre: str
    tempo: float
    ticks: int
    voices: tuple[Voice, ...]
    pickup: int = 0

    @property
    def bar_ticks(self) -> int:
        """Ticks of a whole bar."""
        beats, unit = map(int, self.metre.split("/"))
        return beats * TICKS_PER_QUARTER * 4 // unit

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return self.ticks / TICKS_PER_QUARTER * 60 / self.tempo


def high_to_low(voices: Iterable[Voice]) -> tuple[Voice, ...]:
    """Voices by their mean pitch, those without notes behind the others, drums last."""
    return tuple(sorted(voices, key=lambda voice: (voice.drums, not voice.notes, -_mean_pitch(voice))))


def _mean_pitch(voice: Voice) -> Fraction:
    return Fraction(sum(note.pitch for note in voice.notes), max(1, len(voice.notes)))


def to_json(piece: Piece) -> str:
    """One line, the same for equal pieces: the column `music` of records; notes as [onset, duration, pitch]."""
    voices = [
        {
            "name": v.name,
            "program": v.program,
            "drums": v.drums,
            "notes": [[n.onset, n.duration, n.pitch] for n in v.notes],
        }
        for v in piece.voices
    ]
    head = {"key": piece.key, "metre": piece.metre, "tempo": piece.tempo, "ticks": piece.ticks, "pickup": piece.pickup}
    return json.dumps({**head, "voices": voices}, ensure_ascii=False, separators=(",", ":"))


def from_json(line: str) -> Piece:
    """What `to_json` wrote."""
    stored = json.loads(line)
    voices = tuple(Voice(**{**v, "notes": tuple(Note(*n) for n in v["notes"])}) for v in stored.pop("voices"))
    return Piece(**stored, voices=voices)
