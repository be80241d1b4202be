"""Importing your own music: a folder or a zip of MIDI and MusicXML files becomes one zip."""

import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import validate_section
from promptgan.core.record import sha256
from promptgan.data import own_folder, own_store
from promptgan.data.sets.local_midi import Parameters, read
from promptgan.media.music.errors import NotAPiece
from promptgan.media.music.piece import Piece

DATA = "local_midi"
"""The data set that is the user's own."""
OPTIONS = frozenset[str]()
"""What `promptgan use` takes beside the path."""
BARS = 4
"""Of a passage, unless params.yaml says another number afterwards."""
MIN_PIECES = 20
SHOWN = 3
"""Metres, and numbers of voices, that are listed."""


class TooFewPieces(PromptganError):
    """The folder or zip has too few pieces to split and to learn from."""

    def __init__(self, path: Path, pieces: int, files: int, reason: str) -> None:
        first = f"; the first that is none: {reason}" if reason else ""
        super().__init__(
            f"{path}: {pieces} piece(s) among {files} file(s){first}; at least {MIN_PIECES} are needed",
            "give a folder of MIDI (.mid) or MusicXML files (.mxl, .musicxml), a piece each, with a part per voice",
        )


def import_own_data(path: Path, *, root: Path) -> dict[str, Any]:
    """Pack files into ``data/own/SHA256/NAME.zip`` of a repository, and track it there with DVC.

    The files go in as they are, broken ones too: validation says what they are. The same files make the same bytes,
    whether they come as a folder or as a zip. Prints which metres, voices and pitches they have, for `validate`.

    Args:
        path: a folder or a zip; of its files those that file managers leave behind are left out.
        root: the repository; where it is one of DVC's, the zip is added to it so that it can be committed and pushed.

    Returns:
        The section `data` of params.yaml.

    Raises:
        NoSuchFolder, TooFewPieces: what is wrong with the path.
        NotTracked: DVC refused the copy.
    """
    path = path.expanduser().absolute()
    files = own_folder.contents(path)
    pieces: list[Piece] = []
    reasons: list[str] = []
    for name, content in files.items():
        try:
            pieces.append(read(content, name))
        except NotAPiece as error:
            reasons.append(error.problem)
    if len(pieces) < MIN_PIECES:
        raise TooFewPieces(path, len(pieces), len(files), next(iter(reasons), ""))
    print(f"{path.name}: {len(files):,} files, {len(pieces):,} of them pieces; {found(pieces)}")
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / f"{path.name if path.is_dir() else path.stem}.zip"
        own_folder.pack(files, packed)
        digest = sha256(packed)
        section = {"name": DATA, "file": packed.name, "sha256": digest, "bars": BARS, "key": "own"}
        validate_section(Parameters, section, "data")
        own_store.put(packed, digest, root, path)
    return section


def found(pieces: list[Piece]) -> str:
    """What `validate` must know of pieces: metres and voices, the most frequent first, and the range of pitches."""
    voices = [[voice for voice in piece.voices if not voice.drums] for piece in pieces]
    pitches = [note.pitch for each in voices for voice in each for note in voice.notes]
    metres = Counter(piece.metre for piece in pieces).most_common(SHOWN)
    counts = Counter(map(len, voices)).most_common(SHOWN)
    return "; ".join(
        [
            f"metres {', '.join(f'{metre} ({count})' for metre, count in metres)}",
            f"voices {', '.join(f'{number} ({count})' for number, count in counts)}",
            f"pitches {min(pitches, default=0)} to {max(pitches, default=127)}",
        ]
    )


def groups(file: Path, section: dict[str, Any]) -> list[str]:
    """The group of each file of an imported zip.

    Args:
        file: in the store.
        section: `data` of params.yaml.
    """
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()


def unused(section: dict[str, Any]) -> set[str]:
    """Keys of the section that say nothing about this kind of data; none."""
    return set()
