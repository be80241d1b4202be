"""Importing your own music: a folder or a zip of MIDI and MusicXML files becomes one zip."""

import contextlib
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import validate_section
from promptgan.core.record import sha256
from promptgan.data import own_folder, own_store
from promptgan.data.sets.local_midi import Parameters, read
from promptgan.media.music.errors import NotAPiece
from promptgan.media.music.passages import passages
from promptgan.media.music.piece import Piece, Voice

DATA = "local_midi"
"""The data set that is the user's own."""
BARS = 4
"""Of a passage, unless params.yaml says another number afterwards."""
MIN_PIECES = 20
SHOWN = 3
"""Metres, numbers of voices, and files that are no pieces, that are listed."""


class TooFewPieces(PromptganError):
    """The folder or zip has too few pieces to split and to learn from."""

    def __init__(self, path: Path, pieces: int, files: int, reason: str) -> None:
        first = f"; the first that is none: {reason}" if reason else ""
        super().__init__(
            f"{path}: {pieces} piece(s) among {files} file(s){first}; at least {MIN_PIECES} are needed",
            "give a folder of MIDI (.mid) or MusicXML files (.mxl, .musicxml), a piece each, with a part per voice",
        )


class NothingToLearn(PromptganError):
    """No piece has the voices and a metre that params.yaml asks for."""

    def __init__(self, file: Path, rules: dict[str, Any], pieces: list[Piece]) -> None:
        super().__init__(
            f"{file.name}: no piece has {rules['voices']} voices, as validate.voices says, in a metre of"
            f" validate.metres, {', '.join(rules['metres'])}; its pieces have: {found(pieces)}",
            "set validate.voices and validate.metres in params.yaml to what most of them have, then `promptgan check`",
        )


def import_own_data(path: Path, *, root: Path) -> dict[str, Any]:
    """Pack files into ``data/own/SHA256/NAME.zip`` of a repository, and track it there with DVC.

    The files go in as they are, broken ones too: validation says what they are. The same files make the same bytes,
    whether they come as a folder or as a zip. Prints which metres, voices and pitches they have, for `validate`, and
    why the first of those that are no pieces are none.

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
    for reason in reasons[:SHOWN]:
        print(f"  no piece: {reason}")
    if len(reasons) > SHOWN:
        print(f"  and {len(reasons) - SHOWN} more, which validation puts into quarantine by name as well")
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / f"{path.name if path.is_dir() else path.stem}.zip"
        own_folder.pack(files, packed)
        digest = sha256(packed)
        section = {"name": DATA, "file": packed.name, "sha256": digest, "bars": BARS, "key": "own"}
        validate_section(Parameters, section, "data")
        own_store.put(packed, digest, root, path)
    return section


def sung(piece: Piece) -> list[Voice]:
    """The voices of a piece but drums."""
    return [voice for voice in piece.voices if not voice.drums]


def found(pieces: list[Piece]) -> str:
    """What `validate` must know of pieces: metres and voices, the most frequent first, and the range of pitches."""
    voices = [sung(piece) for piece in pieces]
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


def groups(file: Path, document: dict[str, Any]) -> Iterator[str]:
    """The group of each record of an imported zip, file by file: a piece is that of its passages.

    What validation takes for its voices or its metre is left out, and so is a file that is no piece.

    Args:
        file: in the store.
        document: params.yaml.

    Raises:
        NothingToLearn: no piece has these voices and one of these metres.
    """
    rules, pieces, kept = document["validate"], list[Piece](), 0
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            with contextlib.suppress(NotAPiece):
                pieces.append(piece := read(archive.read(name), name))
                if len(sung(piece)) == rules["voices"] and piece.metre in rules["metres"]:
                    kept += 1
                    yield from (name for _ in passages(piece, document["data"]["bars"]))
    if not kept:
        raise NothingToLearn(file, rules, pieces)


def unused(section: dict[str, Any]) -> set[str]:
    """Keys of the section that say nothing about this kind of data; none."""
    return set()
