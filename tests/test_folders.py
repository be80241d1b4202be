"""A folder is written whole or not at all, whenever it was stopped."""

from pathlib import Path

import pytest

from promptgan.folders import whole


def write(out: Path, text: str) -> None:
    with whole(out) as folder:
        (folder / "file").write_text(text)


def test_what_is_there_stays_until_the_new_one_is_whole_and_comes_back_where_a_kill_moved_it(tmp_path: Path) -> None:
    out = tmp_path / "made/out"
    write(out, "first")
    (out / "more").write_text("of the first")
    with pytest.raises(OSError, match="full"), whole(out) as folder:
        (folder / "file").write_text("half")
        raise OSError("full")
    assert (out / "file").read_text() == "first"
    out.rename(out.with_name("out.former"))  # killed between the two names
    with pytest.raises(OSError, match="full"), whole(out):
        raise OSError("full")
    assert (out / "file").read_text() == "first"
    (tmp_path / "link").symlink_to(out)
    write(tmp_path / "link", "second")
    assert [path.name for path in out.iterdir()] == ["file"] and (tmp_path / "link").is_symlink()
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_an_interrupt_between_the_two_names_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, replace = tmp_path / "out", Path.replace
    write(out, "first")

    def interrupted(path: Path, target: Path) -> Path:
        if path.parent != tmp_path:  # the new one
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(out, "second")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (out / "file").read_text() == "first"
