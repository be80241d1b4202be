"""Importing a folder or a zip of music: what becomes a record, and what is refused."""

import os
import zipfile
from pathlib import Path

import pytest

from promptgan.core.parameters import validate_section
from promptgan.data import own_folder
from promptgan.data.sets import local_midi
from promptgan.media.music.midi import write_midi
from promptgan.media.music.notation import write_musicxml
from promptgan.recipes.own_data import changed_since_import
from promptgan.tasks.music.own_data import MIN_PIECES, NothingToLearn, TooFewPieces, groups, import_own_data
from tests.tasks.music.conftest import chorale

PIECES = {f"set/{i}.mid": write_midi(chorale(i)) for i in range(MIN_PIECES)}
MORE = {"score.musicxml": write_musicxml(chorale(99), "a score"), "poem.mid": b"no music", ".DS_Store": b"x"}


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    for name, content in {**PIECES, **MORE}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_midi_and_scores_become_passages_and_a_broken_file_a_reason(
    music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    section = import_own_data(music, root=tmp_path)
    said = capsys.readouterr().out
    assert f"{MIN_PIECES + 2} files, {MIN_PIECES + 1} of them pieces; metres 4/4 ({MIN_PIECES + 1}); voices 4" in said
    assert "no piece: poem.mid: cannot be read" in said
    stored = tmp_path / "data/own" / section["sha256"] / section["file"]
    found = local_midi.records(stored.parent, validate_section(local_midi.Parameters, section, "data"))
    assert found["group"].nunique() == MIN_PIECES + 2
    whole = found[found["group"] != "poem.mid"]  # a record a passage, which the shares of the splits are counted in
    document = {"data": section, "validate": {"voices": 4, "metres": ["4/4"]}}
    assert list(groups(stored, document)) == list(whole["group"])
    for rules in ({"voices": 2, "metres": ["4/4"]}, {"voices": 4, "metres": ["3/4"]}):
        with pytest.raises(NothingToLearn, match=rf"no piece has {rules['voices']} voices.*have: metres 4/4 \("):
            list(groups(stored, {**document, "validate": rules}))
    assert found.loc[found["group"] == "poem.mid", "music"].iloc[0].startswith("poem.mid: cannot be read")
    assert found["id"].is_unique


def test_a_zip_of_the_folder_has_the_same_bytes(music: Path, tmp_path: Path) -> None:
    zipped = tmp_path / "music.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(music.rglob("*"), reverse=True):
            if file.is_file():
                archive.write(file, file.relative_to(music))
    one, other = (import_own_data(path, root=tmp_path / path.suffix) for path in (music, zipped))
    assert one == other


def test_names_that_are_not_utf_8_are_packed(music: Path, tmp_path: Path) -> None:
    for name in (b"B\xe4r.mid", b"B\xf6r.mid"):
        Path(os.fsdecode(os.fsencode(music) + b"/" + name)).write_bytes(PIECES["set/0.mid"])
    section = import_own_data(music, root=tmp_path)
    with zipfile.ZipFile(tmp_path / "data/own" / section["sha256"] / section["file"]) as archive:
        assert {r"B\xe4r.mid", r"B\xf6r.mid"} < set(archive.namelist())


def test_too_few_pieces_are_refused_with_the_first_reason(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "few/poem.mid").write_bytes(b"no music")
    with pytest.raises(TooFewPieces, match=r"0 piece\(s\) among 1 file\(s\); the first that is none: poem.mid"):
        import_own_data(tmp_path / "few", root=tmp_path)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    for path, problem in ((tmp_path / "gone", "no such folder"), (Path(__file__), "neither a folder nor a zip")):
        with pytest.raises(own_folder.NoSuchFolder, match=problem):
            import_own_data(path, root=tmp_path)


def test_a_change_since_the_import_is_told_with_the_command(music: Path, tmp_path: Path) -> None:
    document = {"task": "music", "recipe": "local-midi", "data": import_own_data(music, root=tmp_path)}
    assert changed_since_import(document, tmp_path) is None
    (music / "new.mid").write_bytes(PIECES["set/0.mid"])
    said = changed_since_import(document, tmp_path)
    assert said is not None
    assert f"promptgan use local-midi --keep --path {music}" in said
