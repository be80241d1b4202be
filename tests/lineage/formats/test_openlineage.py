"""OpenLineage: every event and facet fits the classes of its own library, and says what the lock says."""

import inspect
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import attr
import pytest
from openlineage.client import event_v2, facet_v2

from promptgan.lineage.evidence import Evidence
from promptgan.lineage.formats import openlineage
from tests.lineage import small_run


@pytest.fixture
def events(repository: Path) -> dict[str, Any]:
    return {event["job"]["name"]: event for event in map(json.loads, openlineage.export(Evidence()).splitlines())}


def classes() -> dict[str, type]:
    """The library's facets by the address of their schema."""
    rooms = [facet_v2, *(room for _, room in inspect.getmembers(facet_v2, inspect.ismodule))]
    found = [cls for room in rooms for _, cls in inspect.getmembers(room, inspect.isclass)]
    return {cls._get_schema(): cls for cls in found if issubclass(cls, facet_v2.BaseFacet)}


def fits(facets: dict[str, Any], base: type) -> None:
    """Every facet has the fields of the class that its schema names; one of our own may have more."""
    for name, facet in facets.items():
        cls = classes()[facet.pop("_schemaURL")]
        assert issubclass(cls, base)
        if name.startswith("promptgan_"):
            assert cls is base
            facet = {"_producer": facet["_producer"]}
        cls(**{field.alias: facet[field.name] for field in attr.fields(cls) if field.init and field.name in facet})
        known = {field.name for field in attr.fields(cls)}
        assert facet.keys() <= known, f"{name}: {facet.keys() - known}"


def test_there_is_one_completed_event_for_each_stage(events: dict[str, Any]) -> None:
    assert list(events) == list(small_run.STAGES)
    assert {event["eventType"] for event in events.values()} == {"COMPLETE"}


def test_every_event_and_facet_fits_the_librarys_classes(events: dict[str, Any]) -> None:
    for event in events.values():
        fits(event["run"]["facets"], facet_v2.RunFacet)
        fits(event["job"]["facets"], facet_v2.JobFacet)
        for dataset in (*event["inputs"], *event["outputs"]):
            fits(dataset["facets"], facet_v2.DatasetFacet)
        for dataset in event["outputs"]:
            fits(dataset["outputFacets"], facet_v2.OutputDatasetFacet)
            event_v2.OutputDataset(**dataset)
        for dataset in event["inputs"]:
            event_v2.InputDataset(**dataset)
        schema = event.pop("schemaURL")
        parts = {
            "eventType": event_v2.RunState(event.pop("eventType")),
            "run": event_v2.Run(**event.pop("run")),
            "job": event_v2.Job(**event.pop("job")),
        }
        assert event_v2.RunEvent(**event, **parts).schemaURL == schema


def test_the_stages_are_joined_by_their_data_and_versions(events: dict[str, Any]) -> None:
    made = {out["name"]: out["facets"]["version"] for event in events.values() for out in event["outputs"]}
    for event in events.values():
        for each in event["inputs"]:
            if each["namespace"] == "promptgan":
                assert each["facets"]["version"] == made[each["name"]]
    assert [(each["namespace"], each["name"]) for each in events["download"]["inputs"]] == [
        ("pypi", "chitchat-dataset")
    ]
    upstream = events["report"]["run"]["facets"]["jobDependencies"]["upstream"]
    assert [(u["job"]["name"], u["run"]["runId"]) for u in upstream] == [("train", events["train"]["run"]["runId"])]


def test_data_of_several_packages_goes_by_its_title(repository: Path) -> None:
    provenance = repository / "data/raw/provenance.json"
    source = {"kind": "joined", "ham": "pypi ham 1.0, sha256 8", "sha256": "7" * 64}
    provenance.write_text(json.dumps({**json.loads(provenance.read_text()), "source": source}))
    small_run.write_lock()
    (found,) = json.loads(openlineage.export(Evidence()).splitlines()[0])["inputs"]
    assert (found["namespace"], found["name"]) == ("joined", "chitchat-dataset 0.9.0")


def test_parameters_code_and_environment_are_there(events: dict[str, Any]) -> None:
    train = events["train"]
    parameters = {p["key"]: p["value"] for p in train["run"]["facets"]["executionParameters"]["parameters"]}
    assert parameters["train.steps"] == "60"
    assert parameters["compute.precision"] == "float32"
    code = train["job"]["facets"]["promptgan_code"]
    assert [file["path"] for file in code["files"]] == ["src/promptgan", "stages/train.py"]
    assert train["run"]["facets"]["promptgan_environment"]["python"] == Evidence().runs["train"]["python"]
    columns = events["validate"]["outputs"][0]["facets"]["schema"]["fields"]
    assert [column["name"] for column in columns] == ["id", "group", "prompt", "text"]


def test_the_time_is_that_of_the_commit_that_holds_the_lock(repository: Path, events: dict[str, Any]) -> None:
    assert {event["eventTime"] for event in events.values()} == {"2026-01-02T01:04:05+00:00"}
    lock = repository / "dvc.lock"
    lock.write_text(lock.read_text() + "# changed\n")
    times = {json.loads(line)["eventTime"] for line in openlineage.export(Evidence()).splitlines()}
    assert times == {openlineage.NO_COMMIT}
    assert datetime.fromisoformat(openlineage.NO_COMMIT).timestamp() == 0


def test_the_same_run_gives_the_same_bytes_and_another_another_name(repository: Path, events: dict[str, Any]) -> None:
    assert openlineage.export(Evidence()) == openlineage.export(Evidence())
    before = {name: UUID(event["run"]["runId"]) for name, event in events.items()}
    (repository / "stages/report.py").write_text("print('changed')\n")
    small_run.write_lock()
    after = {stage.name: stage.run_id for stage in Evidence().lock.stages.values()}
    assert {name for name in after if after[name] != before[name]} == {"report"}
