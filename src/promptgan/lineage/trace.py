"""The chain from an output, file, metric or sample back to the package that its bytes come from."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from promptgan.core.choices import choose
from promptgan.core.parameters import validate_section
from promptgan.core.record import sha256
from promptgan.lineage import contents
from promptgan.lineage.evidence import BASE, CORPUS, PROVENANCE, RAW, RUN
from promptgan.lineage.history import History
from promptgan.lineage.lock import Lock, Stage
from promptgan.lineage.target import resolve

TOKENIZER = "tokenizer.json"
ENVIRONMENT = ("python", "torch", "device", "package_lock")

Members = dict[str, dict[str, str] | None]
"""The md5 of each file of each output folder; None for a folder whose listing is not here."""


def trace(asked: str, locked: Lock) -> dict[str, Any]:
    """Follow a target back to its package.

    Args:
        asked: an output, a file in one, a dependency, `FILE:KEY` for a metric or `FILE#ROW` for a sample.
        locked: the lock of this folder.

    Returns:
        `target`, the thing itself; `stages`, from the one that made it back to the one that brought the data, none for
        what no stage makes; `source`, the package, and `source_from`, where that was read or why it is not known;
        `corpus` and `base_model`, likewise, where the run has one whose provenance is here.

    Raises:
        UnknownTarget: there is no such thing; names the nearest.
        SampleUnreadable, BytesNotHere: a sample's row cannot be read.
    """
    target, history = resolve(asked, locked), History()
    maker = locked.producer(target.path)
    chain = locked.back_from(maker) if maker else []
    source, source_from = _source(chain) if chain else (None, "")
    more = {"corpus": _written(chain, CORPUS), "base_model": _written(chain, BASE)}
    return {
        "target": {
            "name": target.name,
            "path": target.path,
            "md5": target.md5,
            **target.facts,
            "recorded_as": asdict(target.recorded_as),
            "workspace": contents.state(target.recorded_as),
            "commit": history.find(target.recorded_as),
            "used_by": [stage.name for stage in locked.consumers(target.path)],
        },
        "stages": [_step(stage, locked, history) for stage in chain],
        "source": source,
        "source_from": source_from,
        **{name: written for name, written in more.items() if written},
    }


def run_of(stage: Stage) -> dict[str, Any] | None:
    """The run.json that a stage left in its output; None where it writes none or its bytes are not here."""
    return _read(_members(stage), RUN)


def _step(stage: Stage, locked: Lock, history: History) -> dict[str, Any]:
    members = _members(stage)
    run = _read(members, RUN)
    missing = ""
    if not run:
        written = any(listing is None or RUN in listing for listing in members.values())
        gone = f"run.json is not here: `dvc pull {' '.join(members)}`"
        missing = gone if written else "not recorded: the stage writes no run.json"
    code = {dep.path: dep.md5 for dep in stage.dependencies if dep.role == "code"}
    lines = "".join(f"{md5}  {path}\n" for path, md5 in code.items())
    return {
        "stage": stage.name,
        "command": stage.command,
        "after": [before.name for before in locked.upstream(stage)],
        "parameters": stage.parameters,
        "tokenizer": _tokenizers(members, run),
        "environment": {name: run[name] for name in ENVIRONMENT if name in run} if run else None,
        "environment_missing": missing,
        "read": run["inputs"] if run else None,
        "inputs": [asdict(dep) for dep in stage.dependencies if dep.path not in code],
        "code_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "code": code,
        "outputs": [{**asdict(out), "commit": history.find(out)} for out in stage.outputs],
        "stale": [{"path": used.path, "used": used.md5, "now": now.md5} for used, now in locked.stale(stage)],
    }


def _members(stage: Stage) -> Members:
    return {out.path: contents.listing(out) for out in stage.outputs if out.files is not None}


def _read(members: Members, name: str) -> dict[str, Any] | None:
    """A JSON file of one of the output folders; None where there is none, or its bytes are not here."""
    for folder, listing in members.items():
        if listing and name in listing and (found := contents.locate(f"{folder}/{name}", listing[name])):
            return dict(json.loads(found.read_bytes()))
    return None


def _tokenizers(members: Members, run: dict[str, Any] | None) -> dict[str, str]:
    """The hash of each that run.json lists as read, by path; else of those that the stage made."""
    read = {path: f"sha256 {sha}" for path, sha in (run or {}).get("inputs", {}).items() if path.endswith(TOKENIZER)}
    if read:
        return read
    made = {f"{folder}/{TOKENIZER}": each[TOKENIZER] for folder, each in members.items() if each and TOKENIZER in each}
    found = {path: contents.locate(path, md5) for path, md5 in made.items()}
    return {path: f"sha256 {sha256(file)}" if (file := found[path]) else f"md5 {md5}" for path, md5 in made.items()}


def _source(chain: list[Stage]) -> tuple[dict[str, Any] | None, str]:
    """What the first stage recorded about the package; else what its code declares, if it is that very code."""
    if provenance := _written(chain, RAW):
        return provenance, f"{RAW}/{PROVENANCE}"
    first = chain[-1]
    section = first.parameters.get("data", {})
    file = next((f for f in first.dependencies if f.path.endswith(f"/data/sets/{section.get('name')}.py")), None)
    if file is None or contents.state(file) != "same":
        return None, f"{RAW} is not here: `dvc pull {RAW}`"
    module = choose("promptgan.data.sets", section["name"], "data.name")
    upstream = module.upstream(validate_section(module.Parameters, section, "data"))
    declared = {
        "title": upstream.title,
        "licence": asdict(upstream.licence),
        "sources": [{"kind": type(s).__name__.lower(), **asdict(s)} for s in upstream.sources],
        "content_sha256": upstream.content_sha256,
    }
    return declared, f"declared in {file.path}; {RAW} is not here"


def _written(chain: list[Stage], folder: str) -> dict[str, Any] | None:
    """The provenance that a folder of the first stage holds, where it is of something and its bytes are here."""
    members = {path: listing for stage in chain for path, listing in _members(stage).items()}
    found = _read({folder: members.get(folder)}, PROVENANCE)
    return found if found and "source" in found else None
