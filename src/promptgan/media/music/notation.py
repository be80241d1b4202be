"""A piece as MusicXML that notation programs open: partwise, version 4.0 (W3C Community Group, 2021)."""

from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from promptgan.media.music.piece import TICKS_PER_QUARTER, Note, Piece, Voice
from promptgan.media.music.signature import fifths_of, spelled

_PLAIN = {96: "whole", 48: "half", 24: "quarter", 12: "eighth", 6: "16th", 3: "32nd"}
_DOTTED = {72: "half", 36: "quarter", 18: "eighth", 9: "16th"}
_TRIPLET = {32: "half", 16: "quarter", 8: "eighth", 4: "16th", 2: "32nd", 1: "64th"}
_VALUES = sorted({*_PLAIN, *_DOTTED, *_TRIPLET}, reverse=True)
_ALTERS = {"": 0, "#": 1, "##": 2, "b": -1, "bb": -2}
_MIDDLE_C = 60
_PERCUSSION_CHANNEL = 10

_Chord = tuple[int, int, tuple[int, ...]]
"""Onset and end in ticks, and pitches; without pitches, a rest."""


def write_musicxml(piece: Piece, title: str) -> bytes:
    """A part per voice, in bars, with ties over bar lines; pitches are spelled as the key has them.

    Lengths that no note has become several, tied. Where notes of a voice overlap, its part has as many voices as
    sound at once. Equal pieces give the same bytes; of a piece whose voices never overlap `read_musicxml` gives the
    same piece, but for voices without notes.
    """
    root = Element("score-partwise", version="4.0")
    SubElement(SubElement(root, "work"), "work-title").text = title
    parts = SubElement(root, "part-list")
    for i, voice in enumerate(piece.voices, 1):
        _announce(parts, voice, f"P{i}")
    for i, voice in enumerate(piece.voices, 1):
        part = SubElement(root, "part", id=f"P{i}")
        layers = [list(_with_rests(layer, piece.ticks)) for layer in _layers(voice.notes)]
        for number, (begin, end) in enumerate(_bars(piece), 0 if piece.pickup else 1):
            measure = SubElement(part, "measure", number=str(number))
            if not number:
                measure.set("implicit", "yes")
            if not begin:
                _attributes(measure, piece, voice)
                if i == 1:
                    _tempo(measure, piece.tempo)
            for layer, chords in enumerate(layers, 1):
                if layer > 1:
                    SubElement(SubElement(measure, "backup"), "duration").text = str(end - begin)
                for chord in chords:
                    if chord[0] < end and chord[1] > begin:
                        _write(measure, chord, (begin, end), layer, piece.key, f"P{i}" if voice.drums else "")
    ElementTree.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode").encode() + b"\n"


def _announce(parts: Element, voice: Voice, name: str) -> None:
    part = SubElement(parts, "score-part", id=name)
    SubElement(part, "part-name").text = voice.name
    pitches = sorted({note.pitch for note in voice.notes}) if voice.drums else [0]
    instruments = {f"{name}-I{pitch}": pitch for pitch in pitches}
    for instrument in instruments:
        SubElement(SubElement(part, "score-instrument", id=instrument), "instrument-name").text = voice.name
    for instrument, pitch in instruments.items():
        midi = SubElement(part, "midi-instrument", id=instrument)
        if voice.drums:
            SubElement(midi, "midi-channel").text = str(_PERCUSSION_CHANNEL)
        SubElement(midi, "midi-program").text = str(voice.program + 1)
        if voice.drums:
            SubElement(midi, "midi-unpitched").text = str(pitch + 1)


def _attributes(measure: Element, piece: Piece, voice: Voice) -> None:
    attributes = SubElement(measure, "attributes")
    SubElement(attributes, "divisions").text = str(TICKS_PER_QUARTER)
    key, time, clef = (SubElement(attributes, tag) for tag in ("key", "time", "clef"))
    SubElement(key, "fifths").text = str(fifths_of(piece.key) if piece.key else 0)
    if piece.key:
        SubElement(key, "mode").text = piece.key.split()[1]
    for tag, number in zip(("beats", "beat-type"), piece.metre.split("/"), strict=True):
        SubElement(time, tag).text = number
    high = sum(note.pitch - _MIDDLE_C for note in voice.notes) >= 0
    SubElement(clef, "sign").text = "percussion" if voice.drums else "G" if high else "F"
    if not voice.drums:
        SubElement(clef, "line").text = "2" if high else "4"


def _tempo(measure: Element, tempo: float) -> None:
    direction = SubElement(measure, "direction", placement="above")
    metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
    SubElement(metronome, "beat-unit").text = "quarter"
    SubElement(metronome, "per-minute").text = f"{tempo:g}"
    SubElement(direction, "sound", tempo=f"{tempo:g}")


def _bars(piece: Piece) -> Iterator[tuple[int, int]]:
    """Beginning and end of each measure in ticks, the pickup first."""
    lines = list(range(piece.pickup or piece.bar_ticks, piece.ticks, piece.bar_ticks))
    return pairwise([0, *lines, piece.ticks])


def _layers(notes: tuple[Note, ...]) -> list[list[_Chord]]:
    """Chords, sorted into as few lines without overlap as there can be, of which there is at least one."""
    together: dict[tuple[int, int], list[int]] = {}
    for note in notes:
        together.setdefault((note.onset, note.end), []).append(note.pitch)
    layers: list[list[_Chord]] = [[]]
    for (onset, end), pitches in sorted(together.items()):
        free = next((layer for layer in layers if not layer or layer[-1][1] <= onset), None)
        if free is None:
            layers.append(free := [])
        free.append((onset, end, tuple(pitches)))
    return layers


def _with_rests(chords: list[_Chord], ticks: int) -> Iterator[_Chord]:
    now = 0
    for chord in [*chords, (ticks, ticks, ())]:
        if chord[0] > now:
            yield now, chord[0], ()
        if chord[2]:
            yield chord
        now = chord[1]


def _write(measure: Element, chord: _Chord, bar: tuple[int, int], layer: int, key: str, drums: str) -> None:
    """What lies of a chord in a bar, as notes of lengths that there are, tied to one another and over the bar line."""
    begin, end = max(chord[0], bar[0]), min(chord[1], bar[1])
    while begin < end:
        length = next(value for value in _VALUES if value <= end - begin)
        ties = [name for name, tied in (("stop", begin > chord[0]), ("start", begin + length < chord[1])) if tied]
        for place, pitch in enumerate(chord[2] or (None,)):
            note = SubElement(measure, "note")
            if place:
                SubElement(note, "chord")
            _sounding(note, pitch, key, bool(drums))
            SubElement(note, "duration").text = str(length)
            for tie in ties if pitch is not None else ():
                SubElement(note, "tie", type=tie)
            if drums and pitch is not None:
                SubElement(note, "instrument", id=f"{drums}-I{pitch}")
            SubElement(note, "voice").text = str(layer)
            SubElement(note, "type").text = _PLAIN.get(length) or _DOTTED.get(length) or _TRIPLET[length]
            if length in _DOTTED:
                SubElement(note, "dot")
            if length in _TRIPLET:
                modification = SubElement(note, "time-modification")
                SubElement(modification, "actual-notes").text = "3"
                SubElement(modification, "normal-notes").text = "2"
            if ties and pitch is not None:
                notations = SubElement(note, "notations")
                for tie in ties:
                    SubElement(notations, "tied", type=tie)
        begin += length


def _sounding(note: Element, pitch: int | None, key: str, drums: bool) -> None:
    if pitch is None:
        SubElement(note, "rest")
    elif drums:
        unpitched = SubElement(note, "unpitched")
        SubElement(unpitched, "display-step").text = "C"
        SubElement(unpitched, "display-octave").text = "5"
    else:
        name = spelling(pitch, key)
        written, alter = SubElement(note, "pitch"), _ALTERS[name[1:]]
        SubElement(written, "step").text = name[0]
        if alter:
            SubElement(written, "alter").text = str(alter)
        SubElement(written, "octave").text = str((pitch - alter) // 12 - 1)


def spelling(pitch: int, key: str) -> str:
    """How a key spells a pitch: its own seven steps, two fifths flatter and three sharper; in C from Eb to G#.

    Args:
        pitch: a MIDI number.
        key: '' counts as C major.
    """
    lowest = (fifths_of(key) if key else 0) - 2
    place = next(p for p in range(lowest, lowest + 12) if (7 * p + 5 - pitch) % 12 == 0)
    return spelled(place)
