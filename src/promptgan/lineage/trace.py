"""The chain from an output, file, metric or sample back to the package that its bytes come from."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from promptgan.core.choices import choose
from promptgan.core.parameters import validate_section
from promptgan.core.record import sha256
from promptgan.lineage import contents
from promptgan.lineage.facts import PROVENANCE, RUN, role
from promptgan.lineage.history import History, Recorded
from promptgan.lineage.lock import File, Lock, Stage
from promptgan.lineage.target import Target, resolve

TOKENIZER = "tokenizer.json"

Members = dict[str, dict[str, str] | None]
"""The md5 of each file of each output folder; None for a folder whose listing is not here."""


@dataclass(frozen=True)
class Step:
    """One stage of a chain, with what was recorded of its run."""

    stage: Stage
    after: tuple[str, ...]
    """The stages whose outputs it used."""
    run: dict[str, Any] | None
    """The content of run.json; None where none was recorded."""
    run_missing: str
    """Why there is none; empty where there is one."""
    provenance: dict[str, Any] | None
    """The content of provenance.json, which only the stage that brings the data writes."""
    tokenizer: dict[str, str]
    """Path of each tokenizer that it read or made, and its hash with the algorithm's name."""
    commits: dict[str, Recorded | None]
    """Of each output, by path."""
    stale: tuple[tuple[File, File], ...]
    """Dependencies that their stage has made anew since; see `Lock.stale`."""

    @property
    def code(self) -> list[File]:
        """The code that it ran."""
        return [dep for dep in self.stage.dependencies if role(dep.path) == "code"]

    @property
    def inputs(self) -> list[File]:
        """What else it depends on: outputs of stages, and files such as requirements.lock."""
        return [dep for dep in self.stage.dependencies if dep not in self.code]

    @property
    def code_digest(self) -> str:
        """One sha256 for all code: of the lines `md5  path`."""
        lines = "".join(f"{file.md5}  {file.path}\n" for file in self.code)
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def environment(self) -> dict[str, str] | None:
        """Interpreter, package lock and, where the stage loads torch, torch and its device."""
        names = ("python", "torch", "device", "package_lock")
        return {name: self.run[name] for name in names if name in self.run} if self.run else None


@dataclass(frozen=True)
class Chain:
    """Where a target's bytes came from."""

    target: Target
    workspace: contents.State
    """Whether the workspace has the recorded bytes of the target, or of the folder that it lies in."""
    commit: Recorded | None
    """The Git commit whose lock holds it; None where none does."""
    steps: tuple[Step, ...]
    """From the stage that made it back to the one that brought the data; empty for what no stage makes."""
    source: dict[str, Any] | None
    """The content of provenance.json, or what the code declares of it; None where neither is here, or no data."""
    source_from: str
    """Where ``source`` was read, or why it is not known."""
    users: tuple[str, ...]
    """The stages that depend on the target."""


def trace(asked: str, locked: Lock) -> Chain:
    """Follow a target back to its package.

    Args:
        asked: an output, a file in one, a dependency, `FILE:KEY` for a metric or `FILE#ROW` for a sample.
        locked: the lock of this folder.

    Raises:
        UnknownTarget: there is no such thing; names the nearest.
        SampleUnreadable, BytesNotHere: a sample's row cannot be read.
    """
    target = resolve(asked, locked)
    history = History()
    maker = locked.producer(target.path)
    steps = tuple(_step(name, locked, history) for name in _back_from(maker, locked)) if maker else ()
    source, source_from = _source(steps) if steps else (None, "")
    return Chain(
        target=target,
        workspace=contents.state(target.recorded_as),
        commit=history.find(target.recorded_as),
        steps=steps,
        source=source,
        source_from=source_from,
        users=tuple(stage.name for stage in locked.consumers(target.path)),
    )


def document(chain: Chain) -> dict[str, Any]:
    """Everything that is known of a chain, as JSON has it."""
    target = chain.target
    return {
        "target": {
            "name": target.name,
            "path": target.path,
            "md5": target.md5,
            **target.facts,
            "recorded_as": dataclasses.asdict(target.recorded_as),
            "workspace": chain.workspace,
            "commit": _commit(chain.commit),
            "used_by": list(chain.users),
        },
        "stages": [_step_document(step) for step in chain.steps],
        "source": chain.source,
        "source_from": chain.source_from,
    }


def _step_document(step: Step) -> dict[str, Any]:
    stage = step.stage
    return {
        "stage": stage.name,
        "command": stage.command,
        "after": list(step.after),
        "parameters": stage.parameters,
        "tokenizer": step.tokenizer,
        "environment": step.environment,
        "environment_missing": step.run_missing,
        "read": step.run["inputs"] if step.run else None,
        "inputs": [dataclasses.asdict(file) for file in step.inputs],
        "code_sha256": step.code_digest,
        "code": {file.path: file.md5 for file in step.code},
        "outputs": [{**dataclasses.asdict(out), "commit": _commit(step.commits[out.path])} for out in stage.outputs],
        "stale": [{"path": used.path, "used": used.md5, "now": now.md5} for used, now in step.stale],
    }


def _commit(recorded: Recorded | None) -> dict[str, Any] | str:
    return dataclasses.asdict(recorded) if recorded else "not recorded"


def _back_from(maker: Stage, locked: Lock) -> list[str]:
    """The stage and all before it, the latest first."""
    before: dict[str, list[str]] = {}
    waiting = [maker]
    while waiting:
        stage = waiting.pop()
        if stage.name not in before:
            upstream = locked.upstream(stage)
            before[stage.name] = [s.name for s in upstream]
            waiting += upstream
    ordered = {name: before[name] for name in locked.stages if name in before}
    return list(TopologicalSorter(ordered).static_order())[::-1]


def run_of(stage: Stage) -> dict[str, Any] | None:
    """The run.json that a stage left in its output; None where it writes none or its bytes are not here."""
    return _read(_members(stage), RUN)


def _step(name: str, locked: Lock, history: History) -> Step:
    stage = locked.stages[name]
    members = _members(stage)
    run = _read(members, RUN)
    if run:
        missing = ""
    elif any(listing is None or RUN in listing for listing in members.values()):
        missing = f"run.json is not here: `dvc pull {' '.join(members)}`"
    else:
        missing = "not recorded: the stage writes no run.json"
    return Step(
        stage=stage,
        after=tuple(s.name for s in locked.upstream(stage)),
        run=run,
        run_missing=missing,
        provenance=_read(members, PROVENANCE),
        tokenizer=_tokenizers(members, run),
        commits={out.path: history.find(out) for out in stage.outputs},
        stale=tuple(locked.stale(stage)),
    )


def _members(stage: Stage) -> Members:
    return {out.path: contents.listing(out) for out in stage.outputs if out.files is not None}


def _read(members: Members, name: str) -> dict[str, Any] | None:
    """A JSON file of one of the output folders; None where there is none, or its bytes are not here."""
    for folder, listing in members.items():
        found = contents.locate(f"{folder}/{name}", listing[name]) if listing and name in listing else None
        if found:
            content: dict[str, Any] = json.loads(found.read_bytes())
            return content
    return None


def _tokenizers(members: Members, run: dict[str, Any] | None) -> dict[str, str]:
    """Those that run.json lists as read; else those that the stage made."""
    read = {path: f"sha256 {sha}" for path, sha in (run or {}).get("inputs", {}).items() if path.endswith(TOKENIZER)}
    if read:
        return read
    made = {f"{folder}/{TOKENIZER}": each[TOKENIZER] for folder, each in members.items() if each and TOKENIZER in each}
    found = {path: contents.locate(path, md5) for path, md5 in made.items()}
    return {path: f"sha256 {sha256(file)}" if (file := found[path]) else f"md5 {md5}" for path, md5 in made.items()}


def _source(steps: tuple[Step, ...]) -> tuple[dict[str, Any] | None, str]:
    """What the first stage of a chain recorded about the package; else what its code declares, if it is that code."""
    step = next((step for step in steps if step.provenance), steps[-1])
    folders = ", ".join(out.path for out in step.stage.outputs)
    if step.provenance:
        return step.provenance, f"{folders}/{PROVENANCE}"
    section = step.stage.parameters.get("data", {})
    file = next((f for f in step.code if f.path.endswith(f"/data/sets/{section.get('name')}.py")), None)
    if file is None or contents.state(file) != "same":
        return None, f"{folders} is not here: `dvc pull {folders}`"
    module = choose("promptgan.data.sets", section["name"], "data.name")
    upstream = module.upstream(validate_section(module.Parameters, section, "data"))
    declared = {
        "title": upstream.title,
        "licence": dataclasses.asdict(upstream.licence),
        "sources": [{"kind": type(s).__name__.lower(), **dataclasses.asdict(s)} for s in upstream.sources],
        "content_sha256": upstream.content_sha256,
    }
    return declared, f"declared in {file.path}; {folders} is not here"
