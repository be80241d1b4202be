"""DVC's cache as DVC itself fills it: the usual one, one elsewhere, a damaged one, none."""

import shutil
from pathlib import Path

import pytest

from promptgan.lineage import cache
from promptgan.lineage.hashes import md5_of
from tests.lineage.traced_run import entry
from tests.pipeline.clone import Clone

FOLDER = "models/adversarial"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_listing_of_a_folder_and_its_objects_are_found(own: Clone, tmp_path: Path, elsewhere: bool) -> None:
    if elsewhere:
        shutil.move(".dvc/cache", tmp_path / "cache")
        own.dvc("cache", "dir", "--local", str(tmp_path / "cache"))
    expected = {path.name: md5_of(path) for path in Path(FOLDER).iterdir()}
    assert cache.listing(entry(FOLDER).md5) == expected
    assert all((object := cache.find(each)) and md5_of(object) == each for each in expected.values())
    assert cache.folder() == (tmp_path / "cache" if elsewhere else cache.USUAL)


def test_a_listing_that_was_changed_is_none(own: Clone) -> None:
    path = cache.find(entry(FOLDER).md5)
    assert path
    path.chmod(0o644)
    path.write_text("[]")
    assert cache.listing(entry(FOLDER).md5) is None


def test_a_file_has_no_listing(own: Clone) -> None:
    assert cache.listing(md5_of(Path(FOLDER, "run.json"))) is None


def test_outside_of_a_repository_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cache.find("0" * 32) is None
    with pytest.raises(cache.NoRepository, match="no DVC repository"):
        cache.folder()


def test_settings_that_dvc_cannot_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text("[cache\n")
    with pytest.raises(cache.NoRepository, match="settings cannot be read"):
        cache.folder()
