"""A small run that has finished, and a release of it."""

import contextlib
import shutil
from pathlib import Path

import pytest

from tests.conftest import Shared
from tests.lineage import small_run, traced_run
from tests.pipeline.clone import Clone


@pytest.fixture(scope="session")
def small_run_source(tmp_path_factory: pytest.TempPathFactory, validated: Path, tokens: Path) -> Path:
    """A repository whose pipeline has finished; to be read only."""
    folder = tmp_path_factory.mktemp("small-run")
    small_run.make(folder, validated, tokens)
    return folder


@pytest.fixture
def repository(small_run_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to be changed, and the current folder."""
    folder = tmp_path / "repository"
    shutil.copytree(small_run_source, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A private and a public key."""
    from promptgan.lineage import signature

    private = tmp_path_factory.mktemp("keys") / "release.pem"
    return private, signature.make_key(private)


@pytest.fixture(scope="session")
def built(small_run_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unsigned release; to be read only."""
    from promptgan.lineage.release import build

    out = tmp_path_factory.mktemp("built") / "release"
    with contextlib.chdir(small_run_source):
        build(Path("models/adversarial"), out)
    return out


@pytest.fixture(scope="session")
def built_signed(built: Path, keys: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same release, signed; to be read only."""
    from promptgan.lineage import signature

    out = tmp_path_factory.mktemp("signed") / "release"
    shutil.copytree(built, out)
    signature.sign(out, keys[0])
    return out


@pytest.fixture
def release(built: Path, tmp_path: Path) -> Path:
    """A copy of the unsigned release, to be changed."""
    return Path(shutil.copytree(built, tmp_path / "release"))


@pytest.fixture
def signed(built_signed: Path, tmp_path: Path) -> Path:
    """A copy of the signed release, to be changed."""
    return Path(shutil.copytree(built_signed, tmp_path / "release"))


@pytest.fixture(scope="session")
def traced(shared: Shared) -> Clone:
    """A repository that DVC ran and Git holds, small enough to know every byte of it; to be read only."""
    folder = shared("traced", traced_run.make)
    return Clone(folder / "repository", folder / "home")


@pytest.fixture
def own(traced: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A copy of it to be changed, and the current folder."""
    clone = traced.copy(tmp_path / "repository")
    monkeypatch.chdir(clone.path)
    return clone
