"""Importing a folder or a zip of images: what becomes a record, and what is refused."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from promptgan.core.parameters import validate_section
from promptgan.data.download import download
from promptgan.data.sets import local_images
from promptgan.recipes.own_data import changed_since_import
from promptgan.tasks.image.own_data import (
    MIN_PICTURES,
    NoSuchImages,
    TooFewPictures,
    UnusableCaptions,
    groups,
    import_own_data,
)


def picture(seed: int, kind: str = "png") -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)).save(content, kind)
    return content.getvalue()


PICTURES = {f"{'cats' if i % 2 else 'dogs/big'}/{i}.png": picture(i) for i in range(MIN_PICTURES)}
BROKEN = {"cats/note.txt": b"no picture", "dogs/cut.jpg": picture(0, "jpeg")[:40], "empty.png": b""}
LITTER = {"cats/.DS_Store": b"x", "Thumbs.db": b"x", "__MACOSX/cats/1.png": b"x"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return filled(tmp_path / "photos", PICTURES | BROKEN | LITTER)


def filled(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def read(section: dict[str, Any], tmp_path: Path) -> Any:
    """The records of an import, by the way that a run goes."""
    parameters = validate_section(local_images.Parameters, section, "data")
    download(local_images.upstream(parameters), tmp_path / "raw", cache=tmp_path / "cache", roots=[tmp_path / "root"])
    return local_images.records(tmp_path / "raw", parameters)


def test_every_file_of_a_folder_is_a_record_broken_or_not(photos: Path, tmp_path: Path, capsys: Any) -> None:
    section = import_own_data(photos, captions=None, root=tmp_path / "root")
    assert (section["name"], section["file"]) == ("local_images", "photos.zip")
    assert capsys.readouterr().out == "photos: 103 files, 100 of them pictures; 2 label(s): cats, dogs\n"
    frame = read(section, tmp_path)
    assert list(frame) == ["id", "group", "image", "label"]
    assert dict(zip(frame["id"], frame["image"], strict=True)) == PICTURES | BROKEN
    assert frame["group"].equals(frame["id"])
    labels = dict(zip(frame["id"], frame["label"], strict=True))
    assert (labels["cats/1.png"], labels["dogs/big/0.png"], labels["empty.png"]) == ("cats", "dogs", "image")
    stored = tmp_path / "root/data/own" / section["sha256"] / "photos.zip"
    assert groups(stored, {"data": section}) == list(frame["group"])


def test_a_zip_gives_the_same_bytes_as_its_folder_and_a_folder_around_all_is_no_class(
    photos: Path, tmp_path: Path
) -> None:
    section = import_own_data(photos, captions=None, root=tmp_path / "root")
    plain = zipped(tmp_path / "photos.zip", PICTURES | BROKEN | LITTER)
    assert import_own_data(plain, captions=None, root=tmp_path / "root") == section
    around = {f"my photos/{name}": content for name, content in PICTURES.items()}
    frame = read(import_own_data(zipped(tmp_path / "b.zip", around), captions=None, root=tmp_path / "root"), tmp_path)
    assert set(frame["id"]) == set(PICTURES)
    flat = filled(tmp_path / "flat", {name.rpartition("/")[2]: content for name, content in PICTURES.items()})
    frame = read(import_own_data(flat, captions=None, root=tmp_path / "root"), tmp_path)
    assert set(frame["label"]) == {"image"}


def test_a_folder_that_was_zipped_is_no_class_whatever_lies_in_it_beside_the_classes(tmp_path: Path) -> None:
    files = PICTURES | {"captions.csv": b"file,caption\ncats/1.png,a cat\n", "README": b"mine"}
    around = {f"photos/{name}": content for name, content in files.items()}
    path, table = zipped(tmp_path / "photos.zip", around), tmp_path / "c.csv"
    table.write_bytes(files["captions.csv"])
    frame = read(import_own_data(path, captions=table, root=tmp_path / "root"), tmp_path)
    assert set(frame["id"]) == set(files)
    assert frame.set_index("id")["caption"]["cats/1.png"] == "a cat"
    plain = import_own_data(filled(tmp_path / "photos", files), captions=None, root=tmp_path / "root")
    assert import_own_data(path, captions=None, root=tmp_path / "root") == plain


def test_names_that_are_not_utf_8_stay_apart(tmp_path: Path) -> None:
    photos = filled(tmp_path / "photos", PICTURES)
    for seed, name in enumerate((b"B\xe4r.png", b"B\xf6r.png"), 200):
        Path(os.fsdecode(os.fsencode(photos) + b"/cats/" + name)).write_bytes(picture(seed))
    frame = read(import_own_data(photos, captions=None, root=tmp_path / "root"), tmp_path)
    assert set(frame["id"]) == {*PICTURES, r"cats/B\xe4r.png", r"cats/B\xf6r.png"}


def test_a_member_that_cannot_be_unpacked_becomes_an_empty_record(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", PICTURES | {"cats/broken.bin": b"q" * 4000})
    content = path.read_bytes()
    start = content.index(b"cats/broken.bin") + len(b"cats/broken.bin")
    path.write_bytes(content[:start] + b"\xff\xff\xff" + content[start + 3 :])
    frame = read(import_own_data(path, captions=None, root=tmp_path / "root"), tmp_path)
    assert frame.set_index("id")["image"]["cats/broken.bin"] == b""


def test_captions_belong_to_files_by_path_or_by_a_name_that_is_there_once(photos: Path, tmp_path: Path) -> None:
    table = photos / "captions.csv"
    table.write_text('file,caption\ncats/1.png,"one cat, asleep"\n2.png,  a dog \n404.png,nothing\ncats/3.png,\n')
    section = import_own_data(photos, captions=table, root=tmp_path / "root")
    frame = read(section, tmp_path)
    captions = {name: text for name, text in zip(frame["id"], frame["caption"], strict=True) if text is not None}
    assert captions == {"cats/1.png": "one cat, asleep", "dogs/big/2.png": "a dog"}
    assert "captions.csv" not in set(frame["id"])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda folder: folder / "nowhere", NoSuchImages, "no such folder"),
        (lambda folder: filled(folder / "a", {"note.txt": b"hi"}) / "note.txt", NoSuchImages, "neither a folder nor"),
        (lambda folder: filled(folder / "a", {}), TooFewPictures, "it is empty"),
        (lambda folder: filled(folder / "a", LITTER), TooFewPictures, "it is empty"),
        (lambda folder: filled(folder / "a", BROKEN), TooFewPictures, r"0 picture\(s\) among 3 file"),
    ],
)
def test_what_is_no_folder_of_images_is_refused_and_nothing_is_stored(
    make: Callable[[Path], Path], error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        import_own_data(make(tmp_path), captions=None, root=tmp_path / "root")
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("file,caption\nx.png,hi\n", "names no file of .*photos, but 'x.png'"),
        ("file,caption\n", "but nothing"),
        ("file\ncats/1.png\n", "its columns are 'file'"),
    ],
)
def test_captions_of_nothing_are_refused(table: str, words: str, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(table)
    with pytest.raises(UnusableCaptions, match=words):
        import_own_data(photos, captions=tmp_path / "c.csv", root=tmp_path / "root")
    assert not (tmp_path / "root").exists()


def test_says_when_files_have_come_or_changed_since(photos: Path, tmp_path: Path) -> None:
    document = {
        "task": "image",
        "recipe": "local-images",
        "data": import_own_data(photos, captions=None, root=tmp_path),
    }
    assert changed_since_import(document, tmp_path) is None
    (photos / "cats/new.png").write_bytes(picture(500))
    said = str(changed_since_import({**document, "recipe": "my-images"}, tmp_path))
    assert "photos has changed" in said
    assert f"`promptgan use my-images --keep --path {photos}`" in said
    (photos / "cats/new.png").unlink()
    assert changed_since_import(document, tmp_path) is None
    os.utime(photos / "cats/1.png", (1, 1))
    assert changed_since_import(document, tmp_path)
    photos.rename(tmp_path / "elsewhere")
    assert changed_since_import(document, tmp_path) is None
