"""What exports and releases tell about a run: dvc.lock, every file of every output, and what the stages recorded."""

import json
import re
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.parameters import load_params
from promptgan.lineage import hashes, lock
from promptgan.lineage.hashes import Tree

RAW, VALIDATED = "data/raw", "data/validated"
PROVENANCE, RUN = "provenance.json", "run.json"
PACKAGE_LOCK = "requirements.lock"
CODE_FOLDERS = ("src", "stages")
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:promptgan")
"""Of the run identifiers."""


class FilesDiffer(PromptganError):
    """An output or requirements.lock is missing, or is not the one that dvc.lock names."""


@dataclass(frozen=True)
class Package:
    """A pinned Python package."""

    name: str
    version: str
    sha256: tuple[str, ...] = ()
    """Of the files that may be installed, where the lock file names them."""


@dataclass(frozen=True)
class Facts:
    """A run, as its files tell it."""

    lock: lock.Lock
    descriptions: dict[str, str]
    """What each stage of dvc.yaml does, by its name."""
    outputs: dict[str, Tree]
    """The files of every output, by the output's path."""
    provenance: dict[str, Any]
    """Where the data comes from: data/raw/provenance.json."""
    runs: dict[str, dict[str, Any]]
    """run.json by stage, of those that write one."""
    columns: tuple[str, ...]
    """Of the validated records; empty where there are none yet."""
    packages: tuple[Package, ...]
    """What requirements.lock pins."""
    committed: datetime | None
    """When the Git commit was made that brought this dvc.lock, in UTC; None where none did."""

    @property
    def missing_stages(self) -> list[str]:
        """Stages of dvc.yaml that dvc.lock lacks: they have not run."""
        return [name for name in self.descriptions if name not in self.lock.stages]

    @property
    def pipeline_id(self) -> uuid.UUID:
        """A name for the whole run."""
        return uuid.uuid5(NAMESPACE, json.dumps([str(run_id(s)) for s in self.lock.stages.values()]))


def read() -> Facts:
    """Read the run of the repository that the current folder is the top of.

    Raises:
        LockUnreadable: there is no dvc.lock, or it is not what DVC writes.
        FilesDiffer: names every output that is missing or is not the locked one; so too requirements.lock.
    """
    locked = lock.read()
    described = {out.path: {out.md5} for _, out in locked.outputs()} | {PACKAGE_LOCK: pinned(locked)}
    trees, problems = {}, []
    for path, md5 in described.items():
        try:
            trees[path] = tree(Path(path))
        except OSError as error:
            problems.append(f"{error.filename}: {error.strerror}")
            continue
        if md5 - {trees[path].md5}:
            problems.append(f"{path}: not the bytes that dvc.lock names")
    if problems:
        raise FilesDiffer(
            "\n".join([f"{len(problems)} path(s) differ from dvc.lock", *(f"  {line}" for line in problems)]),
            "run `dvc checkout` (after `dvc pull`, if they are not here), or `make run`",
        )
    outputs = {out.path: trees[out.path] for _, out in locked.outputs()}
    return Facts(
        lock=locked,
        descriptions=_descriptions(),
        outputs=outputs,
        provenance=json.loads(Path(RAW, PROVENANCE).read_bytes()) if RAW in outputs else {},
        runs={
            stage.name: json.loads(Path(out.path, RUN).read_bytes())
            for stage, out in locked.outputs()
            if RUN in outputs[out.path].files
        },
        columns=_columns() if VALIDATED in outputs else (),
        packages=packages(Path(PACKAGE_LOCK).read_text(encoding="utf-8")),
        committed=_committed(),
    )


def pinned(locked: lock.Lock) -> set[str]:
    """The md5 of each requirements.lock that a stage ran with: one, if all ran with the same."""
    dependencies = (dependency for stage in locked.stages.values() for dependency in stage.dependencies)
    return {dependency.md5 for dependency in dependencies if dependency.path == PACKAGE_LOCK}


def tree(path: Path) -> Tree:
    """The hashes of a file, or of every file of a folder, in the order of their names.

    Raises:
        OSError: it is not there, or a file cannot be read.
    """
    if not path.is_dir():
        return Tree({"": hashes.digest(path)})
    inside = (file.relative_to(path) for file in path.rglob("*") if file.is_file())
    names = sorted(name.as_posix() for name in inside if hashes.IGNORED not in name.parts)
    return Tree({name: hashes.digest(path / name) for name in names})


def changes(facts: Facts) -> list[str]:
    """Why the pipeline is not finished, one line each: what changed since the stages ran. Empty where nothing did."""
    found = [f"{name}: this stage has not run" for name in facts.missing_stages]
    known: dict[str, str | None] = {out.path: out.md5 for _, out in facts.lock.outputs()}
    parameters = load_params()
    for stage in facts.lock.stages.values():
        for dependency in stage.dependencies:
            if dependency.path not in known:
                try:
                    known[dependency.path] = tree(Path(dependency.path)).md5
                except OSError:
                    known[dependency.path] = None
            if known[dependency.path] != dependency.md5:
                found.append(f"{stage.name}: {dependency.path} is not the one that it ran with")
        found += [
            f"{stage.name}: its parameters in the section `{section}` of params.yaml have changed"
            for section, values in stage.parameters.items()
            if parameters.get(section) != values
        ]
    return found


def run_id(stage: lock.Stage) -> uuid.UUID:
    """A name for what a stage did: the same for the same command, parameters and bytes."""
    return uuid.uuid5(NAMESPACE, json.dumps(asdict(stage), sort_keys=True))


def role(path: str) -> str:
    """What a dependency is to its stage: `code`, `environment` (the package lock) or `data`."""
    if path == PACKAGE_LOCK:
        return "environment"
    return "code" if any(lock.lies_in(path, folder) for folder in CODE_FOLDERS) else "data"


def flat(parameters: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Parameters by dotted key; a list stays a value."""
    found: dict[str, Any] = {}
    for key, value in parameters.items():
        name = f"{prefix}{key}"
        found |= flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return found


def packages(text: str) -> tuple[Package, ...]:
    """The packages that a requirements file pins with `==`, in its order."""
    return tuple(
        Package(match[1], match[2], tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", line)))
        for line in text.replace("\\\n", " ").splitlines()
        if (match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;#]+)", line))
    )


def _columns() -> tuple[str, ...]:
    import pyarrow.parquet as pq

    return tuple(pq.read_schema(f"{VALIDATED}/train.parquet").names)


def _descriptions() -> dict[str, str]:
    stages = YAML(typ="safe", pure=True).load(lock.PIPELINE.read_bytes())["stages"]
    return {name: stage.get("desc", "") for name, stage in stages.items()}


def _committed() -> datetime | None:
    """Of the last commit that changed dvc.lock, if it left the bytes that are here."""
    found = git.text_if_any("log", "-1", "--format=%H %cI", "--", str(lock.LOCK))
    if not found:
        return None
    commit, time = found.split()
    same = lock.at_revision(lock.LOCK, commit) == lock.LOCK.read_bytes()
    return datetime.fromisoformat(time).astimezone(UTC) if same else None
