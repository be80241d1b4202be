"""A model of music: writes pieces, from a prompt or from what a MIDI file gives."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from promptgan.core.errors import PromptganError
from promptgan.media.music import prompts
from promptgan.media.music.midi import read_midi, write_midi
from promptgan.media.music.notation import write_musicxml
from promptgan.media.music.passages import clipped, fitted, joined
from promptgan.media.music.piece import Piece, to_json
from promptgan.media.music.prompts import Kind, Prompt, UnusablePrompt
from promptgan.media.music.roll import roll
from promptgan.serving.asks import MAX_BARS, Answer, Ask, Facts
from promptgan.serving.files import MIDI
from promptgan.tasks.music.samples import samples
from promptgan.tasks.music.samples.requests import WrongVoices
from promptgan.tasks.music.samples.tensors import RollModel
from promptgan.tasks.music.samples.tokens import WordModel

PHRASE = 4
"""Bars of a phrase, as `promptgan harmonise` has it."""
MAX_SECONDS = 300
"""That a file plays: as long is the sound that is made of its answer."""


class UnusableFile(PromptganError):
    """A file is none that the model can answer."""


class Drawer:
    """Writes by a model folder.

    Args:
        model: the folder.
        device: where it draws.

    Raises:
        NotAModelFolder, NoTokenizer: see `promptgan.tasks.music.samples.samples.load`.
    """

    def __init__(self, model: Path, device: torch.device) -> None:
        self.model = samples.load(model, device)
        words = self.model.tokenizer.get_vocab() if isinstance(self.model, WordModel) else ()
        self.kind: Kind = next((kind for kind, task in prompts.TASKS.items() if task in words), "key")

    @property
    def facts(self) -> Facts:
        """What may be asked of it."""
        labels = self.model.labels if isinstance(self.model, RollModel) else []
        return {"kinds": ["generate"], "prompted": True, "asked": self.kind, "labels": labels, "media": MIDI}

    def check(self, ask: Ask) -> None:
        """Refuse what is no prompt, and no file that gives one; whether the model knows its words shows when it draws.

        Raises:
            UnusablePrompt: there is none, or one that has a length and ``bars`` too.
            UnusableFile, WrongVoices, NotAPiece: the file cannot be answered.
        """
        self._asked(ask)

    def generate(self, asks: Sequence[Ask], tell: Callable[[int, int, str], None]) -> list[list[Answer]]:
        """The pieces of requests, which are answered one after the other.

        Raises:
            UnusablePrompt, UnusableFile: a prompt, or what a file gives, holds what the model does not know, or is too
                long.
            UnusableTemperature: nothing can be drawn at it.
        """
        temperature, top_p = asks[0].settings
        answers: list[list[Answer]] = []
        for ask in asks:
            tell(-1, 0, "")
            parts, tempo = self._asked(ask)
            try:
                drawn = samples.answer(
                    self.model,
                    parts * ask.n,
                    seed=ask.seed,
                    temperature=samples.TEMPERATURE if temperature is None else temperature,
                    top_p=samples.TOP_P if top_p is None else top_p,
                )
            except UnusablePrompt as error:
                if ask.midi is None:
                    raise
                raise UnusableFile(error.problem, "give music in a metre and a range that it learnt, or less") from None
            given = joined([samples.given(self.model, part) for part in parts])
            size = len(parts)
            pieces = [joined([each.piece for each in drawn[i : i + size]]) for i in range(0, len(drawn), size)]
            if ask.bars and ask.midi is None:
                pieces = [clipped(piece, 0, ask.bars * piece.bar_ticks) for piece in pieces]
            answers.append([_written(replace(piece, tempo=tempo), given) for piece in pieces])
        return answers

    def _asked(self, ask: Ask) -> tuple[list[Prompt], float]:
        """The prompts whose answers, one after the other, are a piece, and its tempo."""
        if ask.midi is not None:
            if any(ask.prompts):
                raise UnusableFile("there is a prompt and a file", "give one of them")
            return self._given_by(ask.midi, ask.bars or PHRASE)
        prompt = prompts.parse(ask.prompts[0] if ask.prompts else "")
        if ask.bars and prompt.kind != "key":
            raise UnusablePrompt(str(prompt), "has a length of its own, so leave out bars")
        return [prompt] * (ask.bars or 1), prompts.TEMPO

    def _given_by(self, midi: str, bars: int) -> tuple[list[Prompt], float]:
        """What a file gives: the melody, phrase by phrase, or all of it as an opening."""
        if self.kind not in ("melody", "opening"):
            raise UnusableFile("this model answers no file", 'give a prompt, as in "C major 4/4"')
        try:
            content = base64.b64decode(midi, validate=True)
        except ValueError as error:  # binascii.Error, and letters that are none of ASCII
            raise UnusableFile(f"midi is no base64: {error}", "encode the file: base64 -w 0 FILE.mid") from None
        piece = fitted(read_midi(content, "midi"), self.model.grid)
        length, needed = piece.ticks // piece.bar_ticks, self.model.voices if self.kind == "opening" else 1
        if length > MAX_BARS:
            raise UnusableFile(f"the file has {length} bars", f"give one of at most {MAX_BARS}")
        if piece.seconds > MAX_SECONDS:
            raise UnusableFile(f"the file plays {piece.seconds:.0f} s", f"give one of at most {MAX_SECONDS}")
        if len(piece.voices) < needed or (self.kind == "opening" and len(piece.voices) > needed):
            raise WrongVoices(Path("midi"), len(piece.voices), "one is" if needed == 1 else f"{needed} are")
        size = (length if self.kind == "opening" else bars) * piece.bar_ticks
        phrases = [clipped(piece, start, min(start + size, piece.ticks)) for start in range(0, piece.ticks, size)]
        return [prompts.asked(phrase, self.kind, length) for phrase in phrases], piece.tempo


def _written(piece: Piece, given: Piece) -> Answer:
    title = f"{piece.key} {piece.metre}"
    return {
        "music": json.loads(to_json(piece)),
        "midi": base64.b64encode(write_midi(piece)).decode(),
        "musicxml": base64.b64encode(write_musicxml(piece, title)).decode(),
        "svg": base64.b64encode(roll(piece, title, given).encode()).decode(),
    }
