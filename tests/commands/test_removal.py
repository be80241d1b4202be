"""Places as rows of a table: what belongs together is one row, and nothing is lost."""

from pathlib import Path

from promptgan.commands.removal import rows
from promptgan.lineage.records.places import Place


def cached(name: str, version: str, how: str = "trained on it") -> Place:
    what = f"{name} {version}"
    return Place("cache", what, how, f"of {version}", (Path(what),), paths=(name,))


def test_objects_of_one_version_are_one_row_with_the_number_of_files_by_output() -> None:
    names = [
        "models/adversarial/generator.safetensors",
        "models/adversarial/generator_raw.safetensors",
        "models/control/m",
    ]
    places = [cached(name, version) for version in ("experiment e1", "experiment e2") for name in names]
    together = "models/adversarial (2 files), models/control (1 file)"
    assert list(rows(places)) == [
        ("cache", together, "trained on it", "of experiment e1"),
        ("cache", together, "trained on it", "of experiment e2"),
    ]


def test_what_holds_it_and_what_was_trained_on_it_are_apart() -> None:
    places = [cached("data/tokens/train.arrow", "e1", "holds it"), cached("models/control/m", "e1")]
    assert [row[1] for row in rows(places)] == ["data/tokens/train.arrow e1", "models/control/m e1"]


def test_files_here_and_places_with_a_remedy_of_their_own_are_never_put_together() -> None:
    places = [
        Place("workspace", "data/raw", "holds it", files=(Path("data/raw"),)),
        Place("workspace", "data/tokens", "holds it", files=(Path("data/tokens"),)),
        Place("remote", "s3", "may hold it", "not asked", remedy="delete a"),
        Place("remote", "ssh", "may hold it", "not asked", remedy="delete b"),
    ]
    assert [row[1] for row in rows(places)] == ["data/raw", "data/tokens", "s3", "ssh"]
