"""dvc.lock as data: which stage made which bytes from which, here or at a Git revision."""

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.record import PACKAGE_LOCK

LOCK = Path("dvc.lock")
PIPELINE = Path("dvc.yaml")
OUTPUTS = ("outs", "metrics", "plots")
"""Where dvc.yaml lists a stage's outputs."""
CODE_FOLDERS = ("src", "stages")
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:promptgan")
"""Of the run identifiers."""


class LockUnreadable(PromptganError):
    """dvc.lock is missing, or is not what DVC writes."""


class RevisionUnknown(PromptganError):
    """Git knows no such revision, or the revision holds no such file."""


@dataclass(frozen=True)
class File:
    """A file or folder as dvc.lock has it."""

    path: str
    md5: str
    """Of the content; of the listing, with the suffix `.dir`, for a folder."""
    size: int
    """Bytes."""
    files: int | None = None
    """How many files a folder holds; None for a file."""

    @property
    def role(self) -> str:
        """What a dependency is to its stage: `code`, `environment` (the package lock) or `data`."""
        if self.path == str(PACKAGE_LOCK):
            return "environment"
        return "code" if any(lies_in(self.path, folder) for folder in CODE_FOLDERS) else "data"


@dataclass(frozen=True)
class Stage:
    """A stage as it last ran."""

    name: str
    command: str
    dependencies: tuple[File, ...]
    parameters: dict[str, Any]
    """Sections of params.yaml."""
    outputs: tuple[File, ...]

    @property
    def run_id(self) -> uuid.UUID:
        """A name for what it did: the same for the same command, parameters and bytes."""
        return uuid.uuid5(NAMESPACE, json.dumps(asdict(self), sort_keys=True))

    @property
    def data(self) -> str:
        """The data set of a stage that reads the section `data`; empty for others."""
        return str(self.parameters.get("data", {}).get("name", ""))

    def output(self, path: str) -> File | None:
        """The output of that path."""
        return next((out for out in self.outputs if out.path == path), None)

    def input(self, path: str) -> File | None:
        """The dependency of that path."""
        return next((dep for dep in self.dependencies if dep.path == path), None)


@dataclass(frozen=True)
class Lock:
    """The stages of a dvc.lock that dvc.yaml still has, in the order of dvc.yaml."""

    stages: dict[str, Stage]
    forgotten: tuple[str, ...]
    """Stages of the lock that dvc.yaml no longer has."""
    in_git: frozenset[str]
    """Outputs that DVC does not keep (`cache: false`), because they are small and lie in Git."""

    def producer(self, path: str) -> Stage | None:
        """The stage whose output ``path`` is or lies in; None where no stage makes it."""
        return next((s for s in self.stages.values() if any(lies_in(path, out.path) for out in s.outputs)), None)

    def consumers(self, path: str) -> list[Stage]:
        """The stages that depend on ``path``, on a folder around it, or on something in it."""
        return [
            s
            for s in self.stages.values()
            if any(lies_in(path, dep.path) or lies_in(dep.path, path) for dep in s.dependencies)
        ]

    def upstream(self, stage: Stage) -> list[Stage]:
        """The stages whose outputs a stage depends on, in the order of dvc.yaml."""
        makers = {maker.name for dep in stage.dependencies if (maker := self.producer(dep.path))}
        return [s for s in self.stages.values() if s.name in makers]

    def downstream(self, path: str) -> list[Stage]:
        """Every stage that ``path`` reaches, through other stages too, in the order of dvc.yaml."""
        reached = self.consumers(path)
        for stage in reached:  # which grows meanwhile
            reached += [s for out in stage.outputs for s in self.consumers(out.path) if s not in reached]
        return [s for s in self.stages.values() if s in reached]

    def back_from(self, stage: Stage) -> list[Stage]:
        """The stage and all before it, each before those whose outputs it used."""
        found: dict[str, Stage] = {}

        def add(each: Stage) -> None:
            if each.name not in found:
                for before in self.upstream(each):
                    add(before)
                found[each.name] = each

        add(stage)
        return [*found.values()][::-1]

    def stale(self, stage: Stage) -> list[tuple[File, File]]:
        """What a stage used beside what its maker has made since: dependency and output of one path, of other bytes."""
        made = {out.path: out for _, out in self.outputs()}
        return [(dep, made[dep.path]) for dep in stage.dependencies if dep != made.get(dep.path, dep)]

    def holding(self, path: str) -> File | None:
        """The output or dependency that is ``path`` or that it lies in; an output before a dependency."""
        return next((file for file in self.files() if lies_in(path, file.path)), None)

    def files(self) -> Iterator[File]:
        """Every output, then every dependency of every stage."""
        yield from (out for _, out in self.outputs())
        yield from (dep for stage in self.stages.values() for dep in stage.dependencies)

    @property
    def package_locks(self) -> set[str]:
        """The md5 of each requirements.lock that a stage ran with: one, if all ran with the same."""
        return {file.md5 for file in self.files() if file.role == "environment"}

    def outputs(self) -> Iterator[tuple[Stage, File]]:
        """Every output, with the stage that made it."""
        for stage in self.stages.values():
            for out in stage.outputs:
                yield stage, out


def read(revision: str | None = None) -> Lock:
    """Read dvc.lock and dvc.yaml from this folder, or from a Git revision.

    Raises:
        LockUnreadable: there is no lock, or it is not what DVC writes.
        RevisionUnknown: Git does not know the revision.
    """
    try:
        content = {path: at_revision(path, revision) for path in (LOCK, PIPELINE)}
    except OSError as error:
        remedy = "run this at the top of the repository, after `make run`"
        raise LockUnreadable(f"{error.filename} cannot be read: {error.strerror}", remedy) from error
    where = f"{revision}:{LOCK}" if revision else str(LOCK)
    try:
        locked = YAML(typ="safe").load(content[LOCK])["stages"]
        known = YAML(typ="safe").load(content[PIPELINE])["stages"]
        stages = {name: stage(name, locked[name]) for name in known if name in locked}
        forgotten = tuple(name for name in locked if name not in known)
        return Lock(stages, forgotten, frozenset(_in_git(known.values())))
    except (YAMLError, TypeError, KeyError, AttributeError, UnicodeDecodeError) as error:
        raise LockUnreadable(
            f"{where} is not what DVC writes: {' '.join(str(error).split())[:200]}",
            "restore it with `git checkout dvc.lock`, or after a merge see docs/troubleshooting.md",
        ) from error


def hashes(content: bytes) -> set[tuple[str, str]]:
    """Path and md5 of what the bytes of a dvc.lock have: outputs, and dependencies that are no output themselves.

    Nothing where they are no lock: history may hold a broken one, with the marks of a merge for instance.
    """
    try:
        stages = YAML(typ="safe").load(content)["stages"].values()
        made, used = ({(f["path"], f["md5"]) for s in stages for f in s.get(role, [])} for role in ("outs", "deps"))
    except (YAMLError, TypeError, KeyError, AttributeError, UnicodeDecodeError):
        return set()
    outputs = {path for path, _ in made}
    return made | {(path, md5) for path, md5 in used if path not in outputs}


def lies_in(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies in it."""
    return PurePosixPath(path).is_relative_to(folder)


def at_revision(path: Path, revision: str | None) -> bytes:
    """The content of a tracked file at a Git revision; of the file here where None.

    Raises:
        RevisionUnknown: Git does not know the revision, or it holds no such file.
        OSError: the file here cannot be read.
    """
    if revision is None:
        return path.read_bytes()
    try:
        return git.output("show", f"{revision}:./{path.as_posix()}")
    except git.GitFailed as error:
        raise RevisionUnknown(
            f"{revision}:{path}: {error.said}",
            "name a commit, branch or experiment that has it; `git log -- dvc.lock` lists commits",
        ) from error


def _in_git(declared: Iterable[dict[str, Any]]) -> Iterator[str]:
    items = (item for entry in declared for role in OUTPUTS for item in entry.get(role, []) if isinstance(item, dict))
    yield from (path for item in items for path, options in item.items() if options.get("cache") is False)


def stage(name: str, entry: dict[str, Any]) -> Stage:
    """A stage as an entry of dvc.lock, or of the run-cache, has it."""
    return Stage(
        name=name,
        command=entry["cmd"],
        dependencies=tuple(map(_file, entry.get("deps", []))),
        parameters=entry.get("params", {}).get("params.yaml", {}),
        outputs=tuple(map(_file, entry.get("outs", []))),
    )


def _file(entry: dict[str, Any]) -> File:
    return File(entry["path"], entry["md5"], entry["size"], entry.get("nfiles"))
