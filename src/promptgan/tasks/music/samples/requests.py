"""What a trained model does with music that people bring: voices to a melody, and how a piece might go on."""

from dataclasses import replace
from pathlib import Path

from promptgan.core.errors import PromptganError
from promptgan.media.music import events, keys, prompts
from promptgan.media.music.files import read_piece
from promptgan.media.music.passages import clipped, fitted, joined, transposed
from promptgan.media.music.piece import Piece
from promptgan.tasks.music.samples.samples import TEMPERATURE, TOP_P, MusicModel, answer, load, written


class WrongVoices(PromptganError):
    """A file has not the voices that are needed."""

    def __init__(self, file: Path, found: int, needed: str) -> None:
        super().__init__(
            f"{file}: has {found} voice(s) besides drums, and {needed} needed",
            "give a file with a track or part for each voice",
        )


def harmonise(
    model: Path,
    melody: Path,
    out: Path = Path("music"),
    n: int = 1,
    bars: int = 4,
    seed: int = 1,
    temperature: float = TEMPERATURE,
    top_p: float = TOP_P,
) -> str:
    """Write the voices below a melody, ``n`` times; say which files.

    The melody is the highest voice of the file, fitted to what the model reads. It is harmonised by phrases of ``bars``
    bars, each by itself: as long as the passages were that the model learnt from; in C where it knows no other key, and
    the answers are moved back.

    Raises:
        UnknownFormat, NotAPiece, WrongVoices: the file holds no melody.
        UnusablePrompt: the model harmonises no melodies, or knows not the metre or a pitch.
        UnusableTemperature, NotAModelFolder, NoTokenizer: see `answer` and `load`.
    """
    loaded = load(model)
    piece = fitted(read_piece(melody), loaded.grid)
    if not piece.voices:
        raise WrongVoices(melody, 0, "one is")
    piece = replace(piece, voices=piece.voices[:1])
    heard, up = _heard(loaded, piece)
    size = bars * piece.bar_ticks
    phrases = [clipped(heard, start, min(start + size, piece.ticks)) for start in range(0, piece.ticks, size)]
    asked = [prompts.asked(phrase, "melody") for phrase in phrases]
    answers = iter(answer(loaded, asked * n, seed=seed, temperature=temperature, top_p=top_p))
    pieces = [replace(joined([next(answers).piece for _ in asked]), tempo=piece.tempo) for _ in range(n)]
    pieces = [transposed(each, up) for each in pieces]
    outline = replace(piece, voices=(replace(piece.voices[0], name=pieces[0].voices[0].name),))
    return written(pieces, out, [outline] * n)


def continue_(
    model: Path,
    midi: Path,
    out: Path = Path("music"),
    n: int = 1,
    bars: int = 4,
    opening: int = 1,
    seed: int = 1,
    temperature: float = TEMPERATURE,
    top_p: float = TOP_P,
) -> str:
    """Write a piece with ``bars`` bars more, ``n`` times; say which files.

    The model reads the last ``opening`` bars, as many as openings had when it learnt, and then those that it wrote; in
    C where it knows no other key, and what it wrote is moved back.

    Raises:
        UnknownFormat, NotAPiece, WrongVoices: the file holds no piece of the model's voices.
        UnusablePrompt: the model continues no pieces, or knows not the metre or a pitch.
        UnusableTemperature, NotAModelFolder, NoTokenizer: see `answer` and `load`.
    """
    loaded = load(model)
    piece = fitted(read_piece(midi), loaded.grid)
    if len(piece.voices) != loaded.voices:
        raise WrongVoices(midi, len(piece.voices), f"{loaded.voices} are")
    heard, up = _heard(loaded, piece)
    pieces, end, drawn = [heard] * n, piece.ticks + bars * piece.bar_ticks, 0
    while short := [place for place, each in enumerate(pieces) if each.ticks < end]:
        last = [clipped(pieces[i], max(0, pieces[i].ticks - opening * piece.bar_ticks), pieces[i].ticks) for i in short]
        asked = [prompts.asked(each, "opening", opening) for each in last]
        answers = answer(loaded, asked, seed=seed + drawn, temperature=temperature, top_p=top_p)
        for place, each in zip(short, answers, strict=True):
            pieces[place] = _longer(pieces[place], each.words.split(), end)
        drawn += 1
    return written([transposed(each, up) for each in pieces], out, [piece] * n)


def _heard(model: MusicModel, piece: Piece) -> tuple[Piece, int]:
    """A piece as the model can read it, and by how many semitones answers are moved back: 0 where it knows the key."""
    up = 0 if model.knows(piece.key) else (keys.parse(piece.key)[0] + 5) % 12 - 5
    return transposed(piece, -up), up


def _longer(piece: Piece, words: list[str], end: int) -> Piece:
    """A piece with the bars that words add to it, one at least, up to tick ``end``; held notes stay held."""
    words = words if events.BAR in words else [events.BAR]
    whole = events.read([*events.written(piece), *words], piece.bar_ticks, len(piece.voices))
    ticks = min(whole.bars * piece.bar_ticks, end)
    voices = (
        replace(voice, notes=events.notes({tick: pitch for tick, pitch in begins.items() if tick < ticks}, ticks))
        for voice, begins in zip(piece.voices, whole.voices.values(), strict=True)
    )
    return replace(piece, ticks=ticks, voices=tuple(voices))
