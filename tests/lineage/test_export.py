"""Exporting by the format's name, to a file or not at all."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promptgan.commands.lineage import app


def export(name: str, out: str | Path = "", code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["export", "--format", name, *(["--out", str(out)] if out else [])])
    assert result.exit_code == code, result.output
    return result


@pytest.mark.parametrize("name", ["croissant", "openlineage", "prov", "provn"])
def test_what_is_written_is_what_is_printed(repository: Path, tmp_path: Path, name: str) -> None:
    assert export(name, tmp_path / "out").output == f"{tmp_path / 'out'}\n"
    text = export(name).output
    assert (tmp_path / "out").read_text(encoding="utf-8") == text
    assert str(repository) not in text
    assert not list(tmp_path.glob("*.partial"))


def test_an_unknown_format_is_refused_with_the_nearest(repository: Path) -> None:
    said = " ".join(export("openlinage", code=2).stderr.replace("│", " ").split())
    assert "no format openlinage (did you mean openlineage?); name one of croissant, openlineage, prov, provn" in said


@pytest.mark.parametrize("place", ["params.yaml/out", "data"])
def test_what_cannot_be_written_is_named_and_leaves_nothing(repository: Path, place: str) -> None:
    assert place.partition("/")[0] in export("croissant", place, code=1).stderr
    assert not list(repository.rglob("*.partial"))


def test_outputs_that_differ_are_not_described(repository: Path, tmp_path: Path) -> None:
    (repository / "models/adversarial/index.json").write_text("{}")
    assert "models/adversarial: not the bytes that dvc.lock names" in export("prov", tmp_path / "out", code=1).stderr
    assert not (tmp_path / "out").exists()
