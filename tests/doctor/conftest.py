"""An empty repository of Git and DVC, apart from the settings of whoever runs the tests."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, and in it nothing but what `git init` and `dvc init` make."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for level in ("GLOBAL_CONFIG", "SYSTEM_CONFIG", "SITE_CACHE"):
        monkeypatch.setenv(f"DVC_{level}_DIR", str(tmp_path / level))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.chdir(folder)
    subprocess.run(["git", "init", "--quiet"], check=True)
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text("")
    return folder


@pytest.fixture
def somebody_else(root: Path) -> Iterator[None]:
    """Rights of a user who owns nothing, where the tests run as root, whom no right stops."""
    import os

    if os.geteuid():
        yield
        return
    for folder in (root, *root.parents):
        if folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o711)
    os.seteuid(65534)
    yield
    os.seteuid(0)
