"""What a piece of music can be asked to answer, as words, and what then is left to be written.

A prompt begins with what is asked (nothing where it is a key alone), then key and metre, and then what is given, in the
words of `promptgan.media.music.events`:

- ``C major 4/4``: a piece in that key and metre;
- ``continue C major 4/4 | v1=67 v2=64 ...``: the bars that follow those that are given, in all voices;
- ``harmonise C major 4/4 | v1=67 @24 v1=69 ...``: the voices below the first one, which is given, and it among them;
- ``fill C major 4/4 | x @24 x ...``: notes for a rhythm: in some voice one begins at every ``x``, and nowhere else;
- ``realise C major 4/4 | C:maj @48 G:7 ...``: voices that sound these chords, each until the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptgan.core.errors import PromptganError, shown
from promptgan.media.music import chords, events, keys
from promptgan.media.music.events import BAR
from promptgan.media.music.piece import Piece, Voice

Kind = Literal["key", "opening", "melody", "rhythm", "chords"]
TASKS: dict[Kind, str] = {
    "key": "",
    "opening": "continue",
    "melody": "harmonise",
    "rhythm": "fill",
    "chords": "realise",
}
"""The first word of a prompt of each kind."""
ONSET = "x"
"""Where a note begins, in a rhythm."""
TEMPO = 96.0
"""Of what is written for a prompt, in quarters a minute: a prompt says none."""
CHOIR = ("Soprano", "Alto", "Tenor", "Bass")


class UnusablePrompt(PromptganError):
    """A prompt is none that can be asked."""

    def __init__(self, prompt: str, problem: str, remedy: str = 'give key and metre, as in "C major 4/4"') -> None:
        super().__init__(f"the prompt {shown(prompt)} {problem}", remedy)


@dataclass(frozen=True)
class Prompt:
    """A prompt, taken apart."""

    kind: Kind
    key: str
    metre: str
    given: tuple[str, ...]
    """Words of events, or of a rhythm, or of chords."""

    @property
    def bars(self) -> int:
        """How many are given."""
        return self.given.count(BAR)

    def transposed(self, semitones: int) -> "Prompt":
        """The same asked for so many semitones higher."""
        key = keys.transposed(self.key, semitones)
        return Prompt(self.kind, key, self.metre, tuple(transposed(self.given, semitones)))

    def __str__(self) -> str:
        return " ".join([*filter(None, [TASKS[self.kind]]), self.key, self.metre, *self.given])


def parse(prompt: str) -> Prompt:
    """
    Raises:
        UnusablePrompt: it is none that can be asked.
    """
    words = prompt.split()
    kind: Kind = next((kind for kind, task in TASKS.items() if words and words[0] == task), "key")
    if kind != "key":
        words = words[1:]
    if len(words) < 3:
        raise UnusablePrompt(prompt, "names no key and metre")
    tonic, mode, metre, *given = words
    try:
        key = keys.transposed(f"{tonic} {mode}", 0)
    except keys.UnknownKey as error:
        raise UnusablePrompt(prompt, f"names no key: {tonic} {mode}") from error
    beats, _, unit = metre.partition("/")
    if not (beats.isdigit() and unit.isdigit() and int(beats) and int(unit) in (1, 2, 4, 8, 16)):
        raise UnusablePrompt(prompt, f"names no metre: {metre}")
    if (kind == "key") == (BAR in given) or (kind == "key" and given):
        raise UnusablePrompt(prompt, "says too much after the metre" if kind == "key" else "gives no bar")
    return Prompt(kind, key, metre, tuple(given))


def asked(piece: Piece, kind: Kind, bars: int = 1) -> Prompt:
    """The prompt that a piece without a pickup answers; ``bars`` are those of an opening."""
    given: Sequence[str] = ()
    match kind:
        case "opening":
            given = _parted(piece, bars)[0]
        case "melody":
            given = events.written(piece, voices=[1])
        case "rhythm":
            onsets = {note.onset for voice in piece.voices for note in voice.notes}
            given = events.in_bars(piece, {onset: [ONSET] for onset in onsets})
        case "chords":
            given = events.in_bars(piece, {tick: [chord] for tick, chord in chords.found(piece).items()})
    return Prompt(kind, keys.transposed(piece.key, 0), piece.metre, tuple(given))


def answer(piece: Piece, prompt: Prompt) -> list[str]:
    """The words of a piece that answer its prompt: what is not given.

    A melody is repeated among the voices below it, so that each of their notes stands beside what sounds with it.
    """
    return _parted(piece, prompt.bars)[1] if prompt.kind == "opening" else events.written(piece)


def _parted(piece: Piece, bars: int) -> tuple[list[str], list[str]]:
    """The words of the first bars and those of the others, in which notes that are held are not begun again."""
    words = events.written(piece)
    lines = [place for place, word in enumerate(words) if word == BAR]
    end = lines[bars] if bars < len(lines) else len(words)
    return words[:end], words[end:]


def assembled(prompt: Prompt, words: Sequence[str], voices: int) -> tuple[Piece, int]:
    """The whole piece that answers a prompt, what is given included, and how many words were mended.

    What `promptgan.media.music.events.read` leaves out is left out, and so are bars beyond those of a melody. A melody
    is as it was given, whatever the answer repeats of it. A piece has at least one bar.

    Args:
        prompt: what was asked.
        words: of the answer, whoever wrote them.
        voices: how many the piece has.
    """
    empty = Piece(prompt.key, prompt.metre, TEMPO, 0, ())
    bar = empty.bar_ticks
    if prompt.kind == "opening":
        words = [*prompt.given, *words]
    read = events.read(words, bar, voices)
    found, mended, bars = read.voices, read.mended, max(1, read.bars)
    if prompt.kind == "melody":
        given = events.read(prompt.given, bar, voices)
        mended, bars = mended + len(found[1].items() - given.voices[1].items()), given.bars
        mended += sum(tick >= bars * bar for number, begins in found.items() if number > 1 for tick in begins)
        found = {**found, 1: given.voices[1]}
    ticks = bars * bar
    names = CHOIR if voices == len(CHOIR) else [f"Voice {number}" for number in found]
    made = tuple(
        Voice(name, events.notes({tick: pitch for tick, pitch in begins.items() if tick < ticks}, ticks))
        for name, begins in zip(names, found.values(), strict=True)
    )
    return Piece(prompt.key, prompt.metre, TEMPO, ticks, made), mended


def transposed(words: Sequence[str], semitones: int) -> list[str]:
    """Words of events and chords so many semitones higher; all others are as they were."""
    return [chords.transposed(events.transposed(word, semitones), semitones) for word in words]


def vocabulary(
    kind: Kind, voices: int, lowest: int, highest: int, metres: Sequence[str], grid: int, tonic: str | None = None
) -> list[str]:
    """Every word that prompts of one kind and their answers can hold; a model is asked for nothing that it never saw.

    Args:
        kind: of the prompts.
        voices: how many.
        lowest, highest: pitches.
        metres: such as 4/4.
        grid: ticks that all positions are multiples of.
        tonic: the only one of all keys; any where None.
    """
    longest = max(Piece("", metre, TEMPO, 0, ()).bar_ticks for metre in metres)
    pitches = [None, *range(lowest, highest + 1)]
    tonics = [tonic] if tonic else dict.fromkeys(key.split()[0] for key in keys.KEYS)
    return [
        *filter(None, [TASKS[kind]]),
        *tonics,
        *keys.MODES,
        *metres,
        ONSET,
        *chords.NAMES,
        BAR,
        *(events.position(tick) for tick in range(grid, longest, grid)),
        *(events.event(voice, pitch) for voice in range(1, voices + 1) for pitch in pitches),
    ]
