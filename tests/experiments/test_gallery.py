"""What presets made is kept as files, shown on a page, replaced as a whole, and deleted with the record."""

from pathlib import Path

import pytest

from promptgan.experiments import gallery


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a finished run of images; the current folder is another one, with results of an older run."""
    made = tmp_path / "run" / gallery.MADE
    made.mkdir(parents=True)
    for name in ("real", "twin", "adversarial"):
        (made / f"grid-{name}.png").write_bytes(name.encode())
    monkeypatch.chdir(tmp_path)
    old = gallery.KEPT / "image-tiny"
    old.mkdir(parents=True)
    (old / "grid-control.png").write_bytes(b"old")
    return tmp_path / "run"


def test_pictures_are_copied_and_stand_on_the_page(run: Path) -> None:
    gallery.keep("image-tiny", "image", 3, run)
    kept = {path.name: path.read_bytes() for path in (gallery.KEPT / "image-tiny").iterdir()}
    assert kept == {f"grid-{name}.png": name.encode() for name in ("real", "twin", "adversarial")}
    page = (gallery.KEPT / "image-tiny.md").read_text()
    assert "With seed 3" in page
    assert page.endswith("adversarial:\n\n![adversarial](image-tiny/grid-adversarial.png)\n")
    assert gallery.link("image-tiny") == "[what it made](samples/image-tiny.md)"


def test_a_dot_in_a_name_is_part_of_it(run: Path) -> None:
    for name in ("image-wgan-0.5", "image-wgan-0"):
        gallery.keep(name, "image", 3, run)
    gallery.remove_all_but(["image-wgan-0.5"])
    assert sorted(path.name for path in gallery.KEPT.iterdir()) == ["image-wgan-0.5", "image-wgan-0.5.md"]


def test_what_is_not_recorded_any_more_goes(run: Path) -> None:
    gallery.keep("image-tiny", "image", 3, run)
    gallery.remove_all_but(["image-tiny"])
    assert gallery.link("image-tiny")
    gallery.remove_all_but([])
    assert not gallery.link("image-tiny")
    assert not [*gallery.KEPT.iterdir()]
