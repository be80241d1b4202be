"""Importing your own images: a folder or a zip of them becomes one zip, with captions where a table has some."""

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import validate_section
from promptgan.core.progress import Progress
from promptgan.core.record import sha256
from promptgan.data import own_folder, own_store
from promptgan.data.sets.local_images import CAPTIONS, COLUMNS, PICTURES, Parameters, label_of, paths
from promptgan.data.tables.reading import read_table

DATA = "local_images"
"""The data set that is the user's own."""
MIN_PICTURES = 100
SHOWN = 5
"""Labels, or files of a table, that are listed."""

Contents = Mapping[str, Callable[[], bytes]]
"""How to read each file, by its path."""


class NoSuchImages(PromptganError):
    """The path names neither a folder nor a zip."""

    def __init__(self, path: Path) -> None:
        problem = "neither a folder nor a zip" if path.exists() else "no such folder or file"
        super().__init__(f"{path}: {problem}", "give the path of a folder of images, or of a zip of one")


class TooFewPictures(PromptganError):
    """The folder or zip is empty, or has too few pictures to train on."""

    def __init__(self, path: Path, pictures: int, files: int) -> None:
        held = f"{pictures} picture(s) among {files} file(s)" if files else "it is empty"
        super().__init__(
            f"{path}: {held}; at least {MIN_PICTURES} pictures are needed, thousands are better",
            "give a folder of pictures that Pillow reads (JPEG, PNG, WebP, GIF, TIFF, BMP ...), one folder a class or"
            " all in one",
        )


class UnusableCaptions(PromptganError):
    """A table of captions has not the columns, or names none of the files."""

    def __init__(self, table: Path, problem: str) -> None:
        super().__init__(
            f"{table}: {problem}",
            f"give a table of two columns, {COLUMNS[0]} and {COLUMNS[1]}; a file is named by its path below the folder,"
            " such as cats/1.jpg, or by its name alone where that is there once",
        )


def import_own_data(path: Path, *, captions: Path | None, root: Path) -> dict[str, Any]:
    """Pack images into ``data/own/SHA256/NAME.zip`` of a repository, and track it there with DVC.

    The files go in as they are, broken ones and others than images too: validation says what they are. The same files
    make the same bytes, whether they come as a folder or as a zip. A folder that holds all others and nothing else is
    no class, and neither is the one that was zipped, where it holds folders.

    Args:
        path: a folder or a zip; of its files those that file managers leave behind are left out.
        captions: a table of two columns, file and caption; None where there is none. A table inside of the folder is
            no image.
        root: the repository; where it is one of DVC's, the zip is added to it so that it can be committed and pushed.

    Returns:
        The section `data` of params.yaml.

    Raises:
        NoSuchImages, TooFewPictures: what is wrong with the path.
        UnusableCaptions, UnknownFormat, NotUtf8, BrokenFile, WrongColumn: what is wrong with the table of captions.
        NotTracked: DVC refused the copy.
    """
    path = path.expanduser().absolute()
    contents = dict(_contents(path, captions and captions.expanduser().absolute()))
    texts = _captions(captions.expanduser(), path, contents) if captions else {}
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / f"{path.name if path.is_dir() else path.stem}.zip"
        pictures = _pack(contents, texts, packed)
        if len(pictures) < MIN_PICTURES:
            raise TooFewPictures(path, len(pictures), len(contents))
        labels = sorted({label_of(name) for name in pictures})
        few = ", ".join([*labels[:SHOWN], *(["..."] if len(labels) > SHOWN else [])])
        said = [f"{len(contents):,} files, {len(pictures):,} of them pictures", f"{len(labels)} label(s): {few}"]
        print(f"{path.name}: {'; '.join([*said, *([f'{len(texts):,} captions'] if captions else [])])}")
        section = {"name": DATA, "file": packed.name, "sha256": sha256(packed)}
        validate_section(Parameters, section, "data")
        options = ["--captions", str(captions.expanduser().absolute())] if captions else []
        own_store.put(packed, section["sha256"], root, path, options)
    return section


def groups(file: Path, document: dict[str, Any]) -> list[str]:
    """The group of each record of an imported zip.

    Args:
        file: in the store.
        document: params.yaml.
    """
    with zipfile.ZipFile(file) as archive:
        return paths(archive)


def unused(section: dict[str, Any]) -> set[str]:
    """Keys of the section that say nothing about this kind of data; none."""
    return set()


def _contents(path: Path, table: Path | None) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of a folder or zip by their path below what holds all classes, sorted."""
    if path.is_dir():
        files = {file.relative_to(path): file for file in path.rglob("*") if file.is_file() and file != table}
        found = {PurePosixPath(name.as_posix()): file.read_bytes for name, file in files.items()}
    elif zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        infos = {PurePosixPath(info.filename): info for info in archive.infolist() if not info.is_dir()}
        found = {name: lambda info=info: archive.read(info) for name, info in infos.items()}  # type: ignore[misc]
    else:
        raise NoSuchImages(path)
    found = {name: read for name, read in found.items() if not own_folder.is_litter(str(name))}
    above = _common_folder(list(found), zipped=path.is_file())
    for name in sorted(found):
        yield own_folder.readable(str(PurePosixPath(*name.parts[above:]))), found[name]


def _common_folder(names: list[PurePosixPath], zipped: bool) -> int:
    """How many folders lie above those of the classes: each is the only one there, and holds nothing but folders.

    The one that was zipped may hold files beside them, as a folder that is given as it is may.
    """
    above = 0
    while names and len({name.parts[above] for name in names}) == 1:
        classes = [len(name.parts) > above + 2 for name in names]
        if not all(classes) and not (zipped and above == 0 and any(classes)):
            break
        above += 1
    return above


def _pack(contents: Contents, captions: Mapping[str, str], out: Path) -> list[str]:
    """Write the zip; return which of the files are pictures, as far as their beginning tells."""
    pictures = []
    with zipfile.ZipFile(out, "w") as archive, Progress("importing", len(contents)) as progress:
        for name, read in contents.items():
            content = own_folder.content(read)
            if _is_picture(content):
                pictures.append(name)
            archive.writestr(own_folder.member(PICTURES + name), content)
            progress.advance()
        if captions:
            text = io.StringIO(newline="")
            writer = csv.writer(text, lineterminator="\n")
            writer.writerows([COLUMNS, *sorted(captions.items())])
            archive.writestr(own_folder.member(CAPTIONS), text.getvalue())
    return pictures


def _is_picture(content: bytes) -> bool:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)):
            return True
    except Exception:  # what Pillow's readers raise on broken files is not said anywhere
        return False


def _captions(table: Path, path: Path, contents: Contents) -> dict[str, str]:
    """The captions of a table by the paths of their files.

    A file is named by its path, or by its name alone where that is there once.
    """
    read = read_table(table)
    named = [name for name in read.names if name]
    if len(named) < len(COLUMNS):
        raise UnusableCaptions(table, f"its columns are {', '.join(map(repr, named)) or 'none'}")
    chosen = COLUMNS if set(COLUMNS) <= set(named) else named[:2]
    files, texts = (read.column(table, name) for name in chosen)
    by_name: dict[str, list[str]] = {}
    for known in contents:
        by_name.setdefault(PurePosixPath(known).name, []).append(known)
    found = {}
    for file, text in zip(files, texts, strict=True):
        place = str(file) if file in contents else next(iter(by_name.get(str(file), [])), "")
        if place and (place == file or len(by_name[str(file)]) == 1) and isinstance(text, str) and text.strip():
            found[place] = text.strip()
    if not found:
        few = ", ".join(repr(file) for file in files[:SHOWN])
        raise UnusableCaptions(table, f"it names no file of {path}, but {few or 'nothing'}")
    return found
