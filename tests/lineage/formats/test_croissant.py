"""Croissant: the library loads it without a complaint and reads every record from the local files."""

import json
from pathlib import Path

import mlcroissant
import pandas as pd
import pytest

from promptgan.lineage.evidence import Evidence
from promptgan.lineage.formats import croissant
from tests.lineage import small_run

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of rdflib, in mlcroissant
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def dataset(repository: Path) -> mlcroissant.Dataset:
    (repository / "croissant.json").write_text(croissant.export(Evidence()), encoding="utf-8")
    return mlcroissant.Dataset(repository / "croissant.json")


def test_the_library_finds_neither_error_nor_warning(dataset: mlcroissant.Dataset) -> None:
    assert dataset.metadata.ctx.issues.report() == ""
    assert dataset.metadata.license == ["MIT"]
    assert dataset.metadata.version == "0.9.0"
    assert dataset.metadata.cite_as.startswith("chitchat-dataset 0.9.0. pypi: name chitchat-dataset")


@pytest.mark.parametrize("split", ["train", "val", "test", "judge"])
def test_it_yields_the_records_of_each_split(dataset: mlcroissant.Dataset, repository: Path, split: str) -> None:
    expected = pd.read_parquet(repository / f"data/validated/{split}.parquet").assign(split=split)
    found = [
        {key.removeprefix(f"{split}/"): value.decode() for key, value in record.items()}
        for record in dataset.records(split)
    ]
    assert found == expected.to_dict("records")


def test_it_lists_the_splits(dataset: mlcroissant.Dataset) -> None:
    names = [record["splits/name"] for record in dataset.records("splits")]
    assert sorted(names) == ["judge", "test", "train", "val"]


def test_a_changed_file_is_refused(dataset: mlcroissant.Dataset, repository: Path) -> None:
    file = repository / "data/validated/val.parquet"
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(mlcroissant.GenerationError) as error:
        list(dataset.records("val"))
    assert "is not identical with the reference" in str(error.value.__cause__)


def test_files_lying_elsewhere_can_be_named(repository: Path, tmp_path: Path) -> None:
    document = json.loads(croissant.export(Evidence()))
    file = (repository / "data/validated/val.parquet").rename(tmp_path / "moved.parquet")
    records = mlcroissant.Dataset(document, mapping={"val.parquet": file}).records("val")
    assert len(list(records)) == 104


def test_a_column_of_its_own_is_a_field_too(repository: Path) -> None:
    for file in (repository / "data/validated").glob("*.parquet"):
        pd.read_parquet(file).assign(label="a").to_parquet(file, index=False)
    small_run.write_lock()
    fields = {field["name"] for field in json.loads(croissant.export(Evidence()))["recordSet"][1]["field"]}
    assert fields == {"id", "group", "prompt", "text", "label", "split"}


def test_there_must_be_records(repository: Path) -> None:
    lock = repository / "dvc.lock"
    lock.write_text(lock.read_text().partition("  validate:")[0])
    with pytest.raises(croissant.NoRecords, match="validated"):
        croissant.export(Evidence())
