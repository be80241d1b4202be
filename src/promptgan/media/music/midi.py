"""Pieces from MIDI files and to them, by symusic."""

from collections.abc import Iterator, Sequence

from symusic import core

from promptgan.media.music.errors import BrokenMusic, ChangingMetre, NoNotes, require_length
from promptgan.media.music.piece import TICKS_PER_QUARTER, Note, Piece, Voice, high_to_low
from promptgan.media.music.signature import fifths_of, key_of

METRE, TEMPO = (4, 4), 120.0
"""What a MIDI file means that does not say."""
VELOCITY = 80
_CHANNELS = 16
_UNITS = (1, 2, 4, 8, 16, 32)


def read_midi(data: bytes, name: str) -> Piece:
    """The notes of a MIDI file, in a voice per track, as `write_midi` writes them; of one track, a voice per channel.

    Onsets and ends are rounded to the piece's ticks, and a note lasts at least one; of notes that are then equal one
    is kept. Voices stand from high to low by their mean pitch, drums last. A first bar with a signature of its own
    that is shorter than the next one's is the pickup. The length is rounded up to whole bars. The tempo is the first.

    Args:
        data: the bytes of a standard MIDI file of type 0 or 1.
        name: what an error calls it.

    Returns:
        With key '' where the file has no key signature.

    Raises:
        BrokenMusic, NoNotes, ChangingMetre: why it is no piece.
    """
    if not data:
        raise BrokenMusic(name, "the file is empty")
    try:
        score = core.ScoreTick.from_midi(data)
        longest = score.end() * TICKS_PER_QUARTER / score.ticks_per_quarter
    except (RuntimeError, ValueError, ZeroDivisionError) as error:
        raise BrokenMusic(name, str(error).removesuffix(": iostream error")) from None
    require_length(longest, name)
    score = score.resample(TICKS_PER_QUARTER, min_dur=1)
    voices = list(_voices(score, data))
    if not voices:
        raise NoNotes(name)
    metre, pickup = _metre(score, name)
    end = max(note.end for voice in voices for note in voice.notes)
    key = next((key_of(k.key, "minor" if k.tonality else "major") for k in score.key_signatures), "")
    tempo = round(score.tempos[0].qpm, 2) if len(score.tempos) else TEMPO
    bar = Piece(key, metre, tempo, 0, ()).bar_ticks
    return Piece(key, metre, tempo, pickup - (pickup - end) // bar * bar, high_to_low(voices), pickup)


def write_midi(piece: Piece) -> bytes:
    """A file of type 1 with a track per voice; the same bytes for equal pieces.

    A pickup is a bar with a signature of its own, or, where no signature says its length, preceded by rests.
    """
    score = core.ScoreTick(TICKS_PER_QUARTER)
    beats, unit = map(int, piece.metre.split("/"))
    short = next((u for u in _UNITS if piece.pickup * u % (4 * TICKS_PER_QUARTER) == 0), None)
    shift = 0
    if piece.pickup and short:
        score.time_signatures.append(core.TimeSignatureTick(0, piece.pickup * short // (4 * TICKS_PER_QUARTER), short))
        score.time_signatures.append(core.TimeSignatureTick(piece.pickup, beats, unit))
    else:
        shift = -piece.pickup % piece.bar_ticks
        score.time_signatures.append(core.TimeSignatureTick(0, beats, unit))
    if piece.key:
        score.key_signatures.append(core.KeySignatureTick(0, fifths_of(piece.key), int(piece.key.endswith("minor"))))
    score.tempos.append(core.TempoTick(0, piece.tempo))
    for voice in piece.voices:
        track = core.TrackTick(voice.name, voice.program, voice.drums)
        for note in voice.notes:
            track.notes.append(core.NoteTick(note.onset + shift, note.duration, note.pitch, VELOCITY))
        score.tracks.append(track)
    return bytes(score.dumps_midi())


def _voices(score: core.ScoreTick, data: bytes) -> Iterator[Voice]:
    """Of several tracks each with notes, drums apart: symusic parts one that changes its program."""
    files = (core.ScoreTick.from_midi(file).resample(TICKS_PER_QUARTER, min_dur=1) for file in _tracks(data))
    tracks = [file.tracks for file in files if len(file.tracks)]
    for place, parts in enumerate(tracks if len(tracks) > 1 else [[part] for part in score.tracks]):
        for drums in (False, True):
            if same := [part for part in parts if part.is_drum == drums and len(part.notes)]:
                yield _voice(same, place)


def _tracks(data: bytes) -> Iterator[bytes]:
    """Each track of a file as a file of its own."""
    place = 8 + int.from_bytes(data[4:8])
    while place < len(data):
        end = place + 8 + int.from_bytes(data[place + 4 : place + 8])
        if data.startswith(b"MTrk", place):
            yield data[:4] + (6).to_bytes(4) + data[8:10] + (1).to_bytes(2) + data[12:14] + data[place:end]
        place = end


def _voice(parts: Sequence[core.TrackTick], place: int) -> Voice:
    notes = sorted({Note(n.time, n.duration, n.pitch) for part in parts for n in part.notes})
    name = "".join(letter for letter in parts[0].name if letter.isprintable()).strip()
    first = min(parts, key=lambda part: part.notes[0].time)
    return Voice(name or f"Track {place + 1}", tuple(notes), first.program, first.is_drum)


def _metre(score: core.ScoreTick, name: str) -> tuple[str, int]:
    """The metre, and the ticks of the pickup."""
    said = sorted((s.time, s.numerator, s.denominator) for s in score.time_signatures)
    if not said or said[0][0]:
        said.insert(0, (0, *METRE))
    changes = [each for i, each in enumerate(said) if not i or each[1:] != said[i - 1][1:]]
    metres = [f"{beats}/{unit}" for _, beats, unit in changes]
    bars = [4 * TICKS_PER_QUARTER * beats // unit if unit else 0 for _, beats, unit in changes]
    if 0 in bars:
        raise BrokenMusic(name, f"a metre of {metres[bars.index(0)]}")
    if len(changes) == 2 and changes[0][0] == 0 and changes[1][0] == bars[0] < bars[1]:
        return metres[1], bars[0]
    if len(changes) > 1:
        raise ChangingMetre(name, metres)
    return metres[0], 0
