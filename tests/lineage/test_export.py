"""Exporting by the format's name, to a file or not at all."""

from pathlib import Path

import pytest

from promptgan.lineage.evidence import FilesDiffer
from promptgan.lineage.export import UnknownFormat, export


@pytest.mark.parametrize("name", ["croissant", "openlineage", "prov", "provn"])
def test_what_is_written_is_what_is_given(repository: Path, tmp_path: Path, name: str) -> None:
    text = export(name, tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == text == export(name)
    assert str(repository) not in text
    assert not list(tmp_path.glob("*.partial"))


def test_an_unknown_format_is_refused_with_the_nearest(repository: Path) -> None:
    with pytest.raises(UnknownFormat, match="no format openlinage") as error:
        export("openlinage")
    assert "did you mean openlineage?" in error.value.problem
    assert error.value.remedy == "name one of croissant, openlineage, prov, provn"


@pytest.mark.parametrize("place", ["params.yaml/out", "data"])
def test_what_cannot_be_written_is_named_and_leaves_nothing(repository: Path, place: str) -> None:
    with pytest.raises(OSError, match=place.partition("/")[0]):
        export("croissant", Path(place))
    assert not list(repository.rglob("*.partial"))


def test_outputs_that_differ_are_not_described(repository: Path, tmp_path: Path) -> None:
    (repository / "models/adversarial/index.json").write_text("{}")
    with pytest.raises(FilesDiffer):
        export("prov", tmp_path / "out")
    assert not (tmp_path / "out").exists()
