"""How far a piece is what its prompt asks for: 1 is to the letter, 0 not at all."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator

import numpy as np

from promptgan.media.music import chords, prompts
from promptgan.media.music.events import BAR, POSITION
from promptgan.media.music.piece import TICKS_PER_QUARTER, Piece
from promptgan.media.music.prompts import Prompt
from promptgan.tasks.music.measures.statistics import in_scale, since
from promptgan.tasks.music.measures.voice_leading import sonorities

SENTENCES = {
    "key": "share of notes in the scale of the key asked for, of minor the natural one",
    "opening": "the same of the notes that begin behind the bars given",
    "melody": "share of the sonorities in which the melody sounds that are part of one chord of media.music.chords",
    "rhythm": "F1 of the ticks at which any voice begins a note",
    "chords": "share of quarters whose chord, as media.music.chords finds it, is the one asked for",
}
"""What is measured, by the kind of prompt."""


def obedience(piece: Piece, prompt: Prompt) -> float:
    """How far the piece is what the prompt asks for, as `SENTENCES` say; what is given in it is not counted."""
    match prompt.kind:
        case "key" | "opening":
            found = in_scale(since(piece, prompt.bars * piece.bar_ticks), prompt.key)
        case "melody":
            found = harmonised(piece)
        case "rhythm":
            found = f1(*(_timed(p, piece.bar_ticks) for p in (prompts.asked(piece, "rhythm"), prompt)))
        case "chords":
            found = _agreeing(piece, prompt)
    return float(np.nan_to_num(found))


def harmonised(piece: Piece) -> float:
    """Of the sonorities with the first voice, the share that are part of one chord and have another voice too."""
    heard = [each for each in sonorities(piece) or [] if each[0] is not None]
    parts = [frozenset(pitch % 12 for pitch in each if pitch is not None) for each in heard]
    fits = [sum(p is not None for p in each) > 1 and in_chord(part) for each, part in zip(heard, parts, strict=True)]
    return float(np.mean(fits)) if fits else 0.0


def in_chord(pitch_classes: frozenset[int]) -> bool:
    """Whether there is a chord that has all of them."""
    return any(pitch_classes <= chords.tones_of(name) for name in chords.NAMES)


def f1(made: Iterable[Hashable], asked: Iterable[Hashable]) -> float:
    """The harmonic mean of which share of what was made was asked for, and of what was asked for was made."""
    ours, theirs = Counter(made), Counter(asked)
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 1.0


def _agreeing(piece: Piece, prompt: Prompt) -> float:
    ours, theirs = (
        _by_quarter(dict(_timed(p, piece.bar_ticks)), p.bars * piece.bar_ticks)
        for p in (prompts.asked(piece, "chords"), prompt)
    )
    longest = max(len(ours), len(theirs))
    return sum(one == other for one, other in zip(ours, theirs, strict=False)) / longest if longest else 1.0


def _by_quarter(begun: dict[int, str], ticks: int) -> list[str]:
    """What lasts, of words each of which lasts until the next one, at the beginning of each quarter."""
    lasting, found = "", []
    for tick in range(0, ticks, TICKS_PER_QUARTER):
        lasting = begun.get(tick, lasting)
        found.append(lasting)
    return found


def _timed(prompt: Prompt, bar_ticks: int) -> Iterator[tuple[int, str]]:
    """The given words that are no bar lines and positions, each with its tick."""
    bar, place = -1, 0
    for word in prompt.given:
        if word == BAR:
            bar, place = bar + 1, 0
        elif position := POSITION.fullmatch(word):
            place = int(position[1])
        else:
            yield bar * bar_ticks + place, word
