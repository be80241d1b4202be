"""Keys: hashes in a file, and a bucket for each."""

import hashlib
import stat
from pathlib import Path

import pytest

from promptgan.core.errors import FileRefused
from promptgan.serving import keys
from promptgan.serving.keys import Doorkeeper, UnusableKeys, new_key, read
from promptgan.serving.refusals import NoKey, TooFast


def test_a_file_has_hashes_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    key = new_key(path, "alice")
    new_key(path, "bob")
    assert read(path)["alice"] == hashlib.sha256(key.encode()).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UnusableKeys, match="alice already"):
        new_key(path, "alice")
    with pytest.raises(UnusableKeys, match="no name"):
        new_key(path, "a b")
    with pytest.raises(FileRefused):
        new_key(tmp_path / "absent" / "keys", "alice")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"", "holds no key"), (b"a 12\n", "line 1"), (b"\xff", "cannot")]
)
def test_what_is_no_file_of_keys_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnusableKeys, match=said):
        read(path)


def test_a_key_gets_a_line_of_its_own_whatever_the_file_ends_with(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("# by hand")
    new_key(path, "alice")
    path.write_text(path.read_text().rstrip("\n"))
    new_key(path, "bob")
    assert list(read(path)) == ["alice", "bob"]
    assert path.read_text().startswith("# by hand\nalice ")


def test_less_than_a_request_a_minute_is_some(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: now[0])
    door = Doorkeeper({}, rate=0.5)
    for now[0] in (0.0, 120.0):
        door.take("a")
        with pytest.raises(TooFast):
            door.take("a")


def test_a_bucket_fills_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: now[0])
    door = Doorkeeper({}, rate=6)
    for _ in range(6):
        door.take("a")
    with pytest.raises(TooFast) as caught:
        door.take("a")
    assert caught.value.retry_after == 10
    door.take("b")
    now[0] = 0.7
    with pytest.raises(TooFast) as caught:
        door.take("a")
    assert caught.value.retry_after == 10, "after 9 seconds it would be too early"
    now[0] = 10.0
    door.take("a")
    with pytest.raises(TooFast):
        door.take("a")
    now[0] = 1000.0
    for _ in range(6):
        door.take("a")
    with pytest.raises(TooFast):
        door.take("a")


def test_those_without_a_key_are_known_by_their_address_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "REMEMBERED", 10)
    door = Doorkeeper({}, rate=1)
    assert door.name(None, "10.0.0.1") == "10.0.0.1"
    for number in range(100):
        door.take(str(number))
    assert len(door._buckets) == 10


def test_a_key_is_its_bearers_name() -> None:
    door = Doorkeeper({"alice": hashlib.sha256(b"k").hexdigest()}, rate=0)
    assert door.name("bearer k", "x") == "alice"
    for given in (None, "", "k", "Basic k", "Bearer", "Bearer K"):
        with pytest.raises(NoKey):
            door.name(given, "x")
