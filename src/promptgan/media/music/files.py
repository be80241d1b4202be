"""Pieces from files of any kind that is read, and to files of every kind that people use."""

from dataclasses import replace
from pathlib import Path

from promptgan.core.errors import PromptganError
from promptgan.media.music.midi import read_midi, write_midi
from promptgan.media.music.musicxml import read_musicxml
from promptgan.media.music.notation import write_musicxml
from promptgan.media.music.piece import Piece, high_to_low
from promptgan.media.music.roll import roll
from promptgan.media.music.sound import write_sound


def read_score(data: bytes, name: str) -> Piece:
    """What `read_musicxml` reads, its voices from high to low as `read_midi` has them."""
    piece = read_musicxml(data, name)
    return replace(piece, voices=high_to_low(piece.voices))


READERS = {
    ".mid": read_midi,
    ".midi": read_midi,
    ".mxl": read_score,
    ".musicxml": read_score,
    ".xml": read_score,
}
"""By the ending of a file's name, in small letters."""


class UnknownFormat(PromptganError):
    """A file has an ending that no reader knows."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: no format of music that is read", f"give a file whose name ends in {', '.join(READERS)}"
        )


def read_piece(path: Path) -> Piece:
    """The piece in a file of MIDI or MusicXML.

    Raises:
        UnknownFormat: its ending is none of `READERS`.
        NotAPiece: see the readers.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnknownFormat(path)
    return reader(path.read_bytes(), path.name)


def write_piece(piece: Piece, path: Path, *, title: str, given: Piece | None = None, sound: bool = False) -> None:
    """Write a piece as ``path`` with the endings .mid, .musicxml and .svg, and .wav where it shall sound.

    Args:
        piece: what is written.
        path: without an ending; folders on the way to it are made.
        title: stands above the score, and is what the roll is called where it is not seen.
        given: of `promptgan.media.music.roll.roll`.
        sound: whether sound is made, which takes most of the time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _ending(path, ".mid").write_bytes(write_midi(piece))
    _ending(path, ".musicxml").write_bytes(write_musicxml(piece, title))
    _ending(path, ".svg").write_text(roll(piece, title, given), encoding="utf-8")
    if sound:
        write_sound(piece, _ending(path, ".wav"))


def _ending(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)  # a name may hold dots
