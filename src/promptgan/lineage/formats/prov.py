"""W3C PROV as PROV-JSON: files are entities, stages activities, pinned packages agents."""

import io
import json
from typing import Any
from urllib.parse import quote

from promptgan.lineage.facts import PACKAGE_LOCK, RAW, Facts, flat, pinned, role, run_id
from promptgan.lineage.lock import Stage
from promptgan.lineage.tools import tool

URN = "urn:promptgan:"
SPACES = ("term", "parameter", "file", "run", "package", "environment", "source")
"""Prefixes of names: `term` for attributes, `parameter` for those of params.yaml, the others for what is described."""


def export(facts: Facts) -> str:
    """The lineage as PROV-JSON (https://www.w3.org/submissions/prov-json/).

    Raises:
        ToolMissing: the library prov is not installed.
    """
    stream = io.StringIO()
    document(facts).serialize(stream, format="json", indent=1, sort_keys=True, ensure_ascii=False)
    return stream.getvalue() + "\n"


def document(facts: Facts) -> Any:
    """The lineage as a `prov.model.ProvDocument`."""
    doc = tool("prov.model", "prov").ProvDocument()
    for prefix in SPACES:
        doc.add_namespace(prefix, f"{URN}{prefix}:")
    for stage in facts.lock.stages.values():
        _activity(doc, facts, stage)
        _files(doc, facts, stage)
        _relations(doc, facts, stage)
    if facts.provenance:
        _source(doc, facts)
    for name in (f"environment:{md5}" for md5 in pinned(facts.lock)):
        software = {"prov:type": _name(doc, "prov:SoftwareAgent")}
        doc.agent(name, {**software, "prov:label": f"the packages that {PACKAGE_LOCK} pins"})
        for package in facts.packages:
            agent = f"package:{quote(package.name)}@{quote(package.version)}"
            doc.agent(agent, {**software, "term:name": package.name, "term:version": package.version})
            doc.delegation(agent, name)
    return doc.unified()  # what several stages read is described once


def file_name(path: str, md5: str) -> str:
    """The identifier of a file or folder: its path and its bytes."""
    return f"file:{quote(path)}@{md5}"


def _activity(doc: Any, facts: Facts, stage: Stage) -> None:
    run = facts.runs.get(stage.name, {})
    recorded = {f"term:{key}": run[key] for key in ("python", "torch", "device") if key in run}
    parameters = {
        f"parameter:{quote(key)}": value if isinstance(value, str | int | float) else json.dumps(value)
        for key, value in flat(stage.parameters).items()
    }
    about = {"prov:label": stage.name, "term:command": stage.command, **recorded, **parameters}
    if description := facts.descriptions.get(stage.name):
        about["term:description"] = description
    doc.activity(_run(facts, stage), other_attributes=about)


def _files(doc: Any, facts: Facts, stage: Stage) -> None:
    for each in (*stage.dependencies, *stage.outputs):
        kind = {} if each.files is None else {"prov:type": _name(doc, "prov:Collection"), "term:files": each.files}
        about = {"term:path": each.path, "term:md5": each.md5, "term:size": each.size}
        doc.entity(file_name(each.path, each.md5), {**about, **kind})
    for out in stage.outputs:
        whole = file_name(out.path, out.md5)
        for name, digest in facts.outputs[out.path].files.items():
            path = f"{out.path}/{name}" if name else out.path
            hashes = {"term:md5": digest.md5, "term:sha256": digest.sha256}
            doc.entity(file_name(path, digest.md5), {"term:path": path, **hashes, "term:size": digest.size})
            if name:
                doc.membership(whole, file_name(path, digest.md5))


def _relations(doc: Any, facts: Facts, stage: Stage) -> None:
    run = _run(facts, stage)
    inputs = {dependency: file_name(dependency.path, dependency.md5) for dependency in stage.dependencies}
    script = next((name for each, name in inputs.items() if each.path in stage.command.split()), None)
    for dependency, name in inputs.items():
        doc.usage(run, name, other_attributes={"prov:role": role(dependency.path)})
        if dependency.path == PACKAGE_LOCK:
            doc.association(run, f"environment:{dependency.md5}", plan=script)
    for out in stage.outputs:
        made = file_name(out.path, out.md5)
        doc.generation(made, run)
        for dependency, name in inputs.items():
            if role(dependency.path) == "data":
                doc.derivation(made, name, activity=run)


def _source(doc: Any, facts: Facts) -> None:
    source, licence = facts.provenance["source"], facts.provenance["licence"]
    name = f"source:{source['sha256']}"
    about = {"prov:label": facts.provenance["title"], "term:licence": licence["name"]}
    about |= {"term:licence-certainty": licence["certainty"], "term:licence-note": licence["note"]}
    doc.entity(name, {**about, **{f"term:{key}": value for key, value in source.items()}})
    maker = facts.lock.producer(RAW)
    assert maker, "data/raw was read, so a stage made it"
    doc.usage(_run(facts, maker), name, other_attributes={"prov:role": "data"})
    for out in maker.outputs:
        doc.primary_source(file_name(out.path, out.md5), name, activity=_run(facts, maker))


def _run(facts: Facts, stage: Stage) -> str:
    return f"run:{stage.name}@{run_id(stage)}"


def _name(doc: Any, name: str) -> Any:
    return doc.valid_qualified_name(name)
