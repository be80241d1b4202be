"""Pieces from MusicXML files, zipped (.mxl) or plain (.musicxml, .xml), and to them, by ElementTree.

Elements and their meaning are those of the MusicXML 4.0 specification (W3C Community Group, 2021), partwise.
"""

import io
import zipfile
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from xml.etree import ElementTree

from promptgan.media.music.errors import BrokenMusic, ChangingMetre, NoNotes, UnevenBars, require_length
from promptgan.media.music.piece import TICKS_PER_QUARTER, Note, Piece, Voice
from promptgan.media.music.signature import SHARPEST, key_of

TEMPO = 96.0
"""What is played where nothing says the tempo."""
LARGEST = 64 * 2**20
"""Bytes of a score; a zip that says more is none."""
_SEMITONES = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))


def read_musicxml(data: bytes, name: str) -> Piece:
    """The notes of a partwise score as they stand: repeats are not unfolded, fermatas and grace notes left out.

    A voice is what the file calls one: a part's voices each become one, named after the part, in the order of the
    score, which need not be that of a piece (`promptgan.media.music.files.read_score`). Pitches are those that
    sound, of drums those of the instrument; a drum that the file gives no sound is left out. Tied notes are one. A
    first measure that is shorter than a bar is the pickup.

    Args:
        data: the bytes of the file, zipped or not.
        name: what an error calls it.

    Returns:
        With key '' where no signature with a major or minor mode stands at the beginning.

    Raises:
        BrokenMusic, NoNotes, ChangingMetre, UnevenBars: why it is no piece.
    """
    try:
        score = ElementTree.fromstring(_unzipped(data, name) if data.startswith(b"PK") else data)
        return _piece(score, name)
    except (ElementTree.ParseError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise BrokenMusic(name, str(error)) from None
    except (ValueError, LookupError, ArithmeticError, TypeError) as error:  # such as a number or a step that is none
        raise BrokenMusic(name, f"an element says what it cannot: {error}") from None


def _unzipped(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
        path = next((e.get("full-path", "") for e in container.iter() if e.tag.endswith("rootfile")), "")
        if archive.getinfo(path).file_size > LARGEST:
            raise BrokenMusic(name, f"its score is larger than {LARGEST // 2**20} MB")
        return archive.read(path)


_Read = tuple[int, int, int, int, str]
"""Measure, onset and end in ticks of the measure, pitch, and how it is tied ('', 'start', 'stop', 'startstop')."""


@dataclass
class _Part:
    """What is read of a part: measures' lengths in ticks, the notes of each voice, what is said of them."""

    lengths: list[int] = field(default_factory=list)
    notes: defaultdict[str, list[_Read]] = field(default_factory=lambda: defaultdict(list))
    metres: list[str] = field(default_factory=list)
    drums: bool = False


def _piece(score: ElementTree.Element, name: str) -> Piece:
    if score.tag != "score-partwise":
        raise BrokenMusic(name, f"its root is {score.tag}; only partwise scores are read")
    instruments = {
        each.get("id", ""): int(each.findtext("midi-unpitched") or 0) - 1
        for each in score.iterfind("part-list/score-part/midi-instrument")
    }
    parts = [_part(part, instruments) for part in score.iterfind("part")]
    metres = list(dict.fromkeys(metre for part in parts for metre in part.metres))
    if not any(part.notes for part in parts):
        raise NoNotes(name)
    if len(metres) > 1:
        raise ChangingMetre(name, metres)
    metre = metres[0] if metres else "4/4"
    bar = Piece("", metre, TEMPO, 0, ()).bar_ticks
    if bar < 1:
        raise BrokenMusic(name, f"a metre of {metre}")
    lengths = [max(of) for of in zip(*(part.lengths for part in parts), strict=True)]
    require_length(sum(lengths), name)
    pickup = lengths[0] if lengths[0] < bar and len(lengths) > 1 else 0
    starts = list(accumulate(lengths, initial=0))
    for measure, start, length in zip(score.iter("measure"), starts, lengths, strict=False):
        if (start - pickup) % bar + length > bar:  # two may share a bar, as where a repeat begins on an upbeat
            raise UnevenBars(name, measure.get("number", "?"))
    voices: list[Voice] = []
    for part, said in zip(parts, score.iterfind("part-list/score-part"), strict=True):
        title = " ".join((said.findtext("part-name") or "").split()) or f"Part {len(voices) + 1}"
        program = int(said.findtext("midi-instrument/midi-program") or 1) - 1
        for place, (_, notes) in enumerate(sorted(part.notes.items())):
            called = title if not place else f"{title} {place + 1}"
            voices.append(Voice(called, _joined(notes, starts), program, part.drums))
    keys = [_key(key) for key in score.iterfind("part/measure[1]/attributes/key")]
    key = Counter(key for key in keys if key).most_common(1)
    tempo = next((float(s.get("tempo", TEMPO)) for s in score.iter("sound") if s.get("tempo")), TEMPO)
    return Piece(key[0][0] if key else "", metre, tempo, sum(lengths), tuple(voices), pickup)


def _key(key: ElementTree.Element) -> str:
    fifths, mode = int(key.findtext("fifths") or 0), (key.findtext("mode") or "").strip()
    return key_of(fifths, mode) if mode in ("major", "minor") and abs(fifths) <= SHARPEST else ""


def _part(part: ElementTree.Element, instruments: dict[str, int]) -> _Part:
    read = _Part()
    divisions, transposed = 1.0, 0
    for i, measure in enumerate(part.iterfind("measure")):
        now = onset = longest = 0.0  # in divisions of a quarter
        for element in measure:
            said = {child.tag: child for child in element}
            length = float(said["duration"].text or 0) if "duration" in said else 0.0
            if element.tag == "attributes":
                divisions = float(element.findtext("divisions") or divisions)
                transposed = _transposition(element, transposed)
                read.metres += [f"{t.findtext('beats')}/{t.findtext('beat-type')}" for t in element.iterfind("time")]
            elif element.tag == "backup":
                now -= length
            elif element.tag == "forward":
                now += length
            elif element.tag == "note" and "grace" not in said:
                if "chord" not in said:
                    onset, now = now, now + length
                longest = max(longest, onset + length)
                drum = instruments.get(said["instrument"].get("id", ""), -1) if "instrument" in said else -1
                drums = "unpitched" in said and drum >= 0
                read.drums |= drums
                if length and (drums or "pitch" in said):
                    begin, end = (round(at * TICKS_PER_QUARTER / divisions) for at in (onset, onset + length))
                    tied = "".join(sorted({tie.get("type", "") for tie in element.iterfind("tie")}))
                    pitch = drum if drums else _pitch(said["pitch"], transposed)
                    read.notes[element.findtext("voice") or "1"].append((i, begin, end, pitch, tied))
            longest = max(longest, now)
            if now < 0:
                raise ValueError(f"{element.tag} leads out of its measure")
        read.lengths.append(round(longest * TICKS_PER_QUARTER / divisions))
    return read


def _transposition(attributes: ElementTree.Element, before: int) -> int:
    """Semitones from what is written to what sounds."""
    transpose = attributes.find("transpose")
    if transpose is None:
        return before
    return int(transpose.findtext("chromatic") or 0) + 12 * int(transpose.findtext("octave-change") or 0)


def _pitch(pitch: ElementTree.Element, transposed: int) -> int:
    step, octave = (pitch.findtext("step") or "").strip(), int(pitch.findtext("octave") or 0)
    number = 12 * (octave + 1) + _SEMITONES[step] + round(float(pitch.findtext("alter") or 0)) + transposed
    if not 0 <= number < 128:
        raise ValueError(f"{step}{octave} is no pitch of MIDI")
    return number


def _joined(notes: list[_Read], starts: list[int]) -> tuple[Note, ...]:
    """Notes of a voice in ticks of the piece, with those that are tied made one."""
    joined: list[list[int]] = []  # onset, end, pitch
    held: dict[int, list[int]] = {}
    for measure, onset, end, pitch, tied in sorted(notes):
        begin, until = starts[measure] + onset, starts[measure] + end
        before = held.pop(pitch, None) if "stop" in tied else None
        if before and before[1] == begin:
            before[1] = until
        else:
            before = [begin, max(until, begin + 1), pitch]
            joined.append(before)
        if "start" in tied:
            held[pitch] = before
    return tuple(sorted({Note(begin, end - begin, pitch) for begin, end, pitch in joined}))
