"""Keys and signatures: what is signed is checked, and nothing else passes."""

import shutil
import stat
from pathlib import Path

import pytest

from promptgan.lineage import signature
from promptgan.lineage.signature import UnsafeKeyPlace, UnusableKey, WrongSignature


@pytest.fixture
def folder(tmp_path: Path, keys: tuple[Path, Path]) -> Path:
    path = tmp_path / "folder"
    (path / "inside").mkdir(parents=True)
    (path / "a").write_text("a")
    (path / "inside/b").write_text("b")
    signature.sign(path, keys[0])
    return path


def test_a_signed_folder_is_right_wherever_it_is_carried(folder: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    signature.check(folder, keys[1])
    signature.check(Path(shutil.move(folder, tmp_path / "renamed")), keys[1])


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a", "c", "changed since: a"),
        ("inside/b", None, "Missing files in model 'folder': inside/b"),
        ("inside/c", "c", "Extra files found in model 'folder': inside/c"),
        (".gitignore", "c", "Extra files found in model 'folder': .gitignore"),
        ("model.sig", "{}", "verificationMaterial"),
        ("model.sig", "no JSON", "Expecting value"),
    ],
)
def test_a_change_is_found_and_named(
    folder: Path, keys: tuple[Path, Path], name: str, content: str | None, told: str
) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(WrongSignature, match="does not sign this folder") as error:
        signature.check(folder, keys[1])
    assert told in error.value.problem


def test_another_key_does_not_pass(folder: Path, tmp_path: Path) -> None:
    other = signature.make_key(tmp_path / "other.pem")
    with pytest.raises(WrongSignature, match="Key mismatch"):
        signature.check(folder, other)


def test_the_private_key_is_its_owners_alone(keys: tuple[Path, Path]) -> None:
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600
    assert "PRIVATE" not in keys[1].read_text()


def test_a_key_is_neither_overwritten_nor_put_into_a_repository(repository: Path, keys: tuple[Path, Path]) -> None:
    with pytest.raises(UnsafeKeyPlace, match="exists"):
        signature.make_key(keys[0])
    with pytest.raises(UnsafeKeyPlace, match="Git repository"):
        signature.make_key(repository / "stages/key.pem")
    with pytest.raises(UnsafeKeyPlace, match="no folder"):
        signature.make_key(repository.parent / "nowhere/key.pem")
    assert not list(repository.rglob("key.pem*"))


def test_files_that_are_no_keys_are_named(folder: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    for use in (signature.sign, signature.check):
        for key in (tmp_path / "none.pem", folder / "a"):
            with pytest.raises(UnusableKey, match=key.name):
                use(folder, key)
    with pytest.raises(UnusableKey, match="no public key"):
        signature.check(folder, keys[0])
    with pytest.raises(UnusableKey, match="no private key"):
        signature.sign(folder, keys[1])
