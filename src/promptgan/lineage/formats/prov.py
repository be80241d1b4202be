"""W3C PROV as PROV-JSON: files are entities, stages activities, pinned packages agents."""

import io
import json
from typing import Any
from urllib.parse import quote

from promptgan.core.flat import flat
from promptgan.core.record import PACKAGE_LOCK
from promptgan.lineage.evidence import RAW, Evidence
from promptgan.lineage.lock import Stage
from promptgan.lineage.tools import tool

URN = "urn:promptgan:"
SPACES = ("term", "parameter", "file", "run", "package", "environment", "source")
"""Prefixes of names: `term` for attributes, `parameter` for those of params.yaml, the others for what is described."""


def export(evidence: Evidence) -> str:
    """The lineage as PROV-JSON (https://www.w3.org/submissions/prov-json/).

    Raises:
        ToolMissing: the library prov is not installed.
    """
    stream = io.StringIO()
    document(evidence).serialize(stream, format="json", indent=1, sort_keys=True, ensure_ascii=False)
    return stream.getvalue() + "\n"


def document(evidence: Evidence) -> Any:
    """The lineage as a `prov.model.ProvDocument`."""
    doc = tool("prov.model", "lineage").ProvDocument()
    for prefix in SPACES:
        doc.add_namespace(prefix, f"{URN}{prefix}:")
    for stage in evidence.lock.stages.values():
        _activity(doc, evidence, stage)
        _files(doc, evidence, stage)
        _relations(doc, evidence, stage)
    if provenance := evidence.provenance():
        _source(doc, evidence, provenance)
    for name in (f"environment:{md5}" for md5 in evidence.lock.package_locks):
        software = {"prov:type": doc.valid_qualified_name("prov:SoftwareAgent")}
        doc.agent(name, {**software, "prov:label": f"the packages that {PACKAGE_LOCK} pins"})
        for package in evidence.packages:
            agent = f"package:{quote(package.name)}@{quote(package.version)}"
            doc.agent(agent, {**software, "term:name": package.name, "term:version": package.version})
            doc.delegation(agent, name)
    return doc.unified()  # what several stages read is described once


def file_name(path: str, md5: str) -> str:
    """The identifier of a file or folder: its path and its bytes."""
    return f"file:{quote(path)}@{md5}"


def _activity(doc: Any, evidence: Evidence, stage: Stage) -> None:
    run = evidence.runs.get(stage.name, {})
    recorded = {f"term:{key}": run[key] for key in ("python", "torch", "device") if key in run}
    parameters = {
        f"parameter:{quote(key)}": value if isinstance(value, str | int | float) else json.dumps(value)
        for key, value in flat(stage.parameters)
    }
    about = {"prov:label": stage.name, "term:command": stage.command, **recorded, **parameters}
    if description := evidence.declared[stage.name].description:
        about["term:description"] = description
    doc.activity(_run(stage), other_attributes=about)


def _files(doc: Any, evidence: Evidence, stage: Stage) -> None:
    for each in (*stage.dependencies, *stage.outputs):
        about = {"term:path": each.path, "term:md5": each.md5, "term:size": each.size}
        if each.files is not None:
            about |= {"prov:type": doc.valid_qualified_name("prov:Collection"), "term:files": each.files}
        doc.entity(file_name(each.path, each.md5), about)
    for out in stage.outputs:
        whole = file_name(out.path, out.md5)
        for name, digest in evidence.outputs[out.path].files.items():
            path = f"{out.path}/{name}" if name else out.path
            hashes = {"term:md5": digest.md5, "term:sha256": digest.sha256}
            doc.entity(file_name(path, digest.md5), {"term:path": path, **hashes, "term:size": digest.size})
            if name:
                doc.membership(whole, file_name(path, digest.md5))


def _relations(doc: Any, evidence: Evidence, stage: Stage) -> None:
    run = _run(stage)
    inputs = {dependency: file_name(dependency.path, dependency.md5) for dependency in stage.dependencies}
    script = next((name for each, name in inputs.items() if each.path in stage.command.split()), None)
    for dependency, name in inputs.items():
        doc.usage(run, name, other_attributes={"prov:role": dependency.role})
        if dependency.role == "environment":
            doc.association(run, f"environment:{dependency.md5}", plan=script)
    for out in stage.outputs:
        made = file_name(out.path, out.md5)
        doc.generation(made, run)
        for dependency, name in inputs.items():
            if dependency.role == "data":
                doc.derivation(made, name, activity=run)


def _source(doc: Any, evidence: Evidence, provenance: dict[str, Any]) -> None:
    source, licence = provenance["source"], provenance["licence"]
    name = f"source:{source['sha256']}"
    about = {"prov:label": provenance["title"], "term:licence": licence["name"]}
    about |= {"term:licence-certainty": licence["certainty"], "term:licence-note": licence["note"]}
    doc.entity(name, {**about, **{f"term:{key}": value for key, value in source.items()}})
    maker = evidence.lock.producer(RAW)
    assert maker, "data/raw was read, so a stage made it"
    doc.usage(_run(maker), name, other_attributes={"prov:role": "data"})
    for out in maker.outputs:
        doc.primary_source(file_name(out.path, out.md5), name, activity=_run(maker))


def _run(stage: Stage) -> str:
    return f"run:{stage.name}@{stage.run_id}"
