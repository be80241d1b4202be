"""Every run of a stage that is remembered here: by dvc.lock, by Git's history of it, and by DVC's run-cache."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan import git
from promptgan.lineage import lock, references
from promptgan.lineage.lock import LOCK, File

RUN_CACHE = "run-cache"


@dataclass(frozen=True)
class Run:
    """What one stage made from what, once."""

    inputs: tuple[File, ...]
    outputs: tuple[File, ...]
    parameters: dict[str, Any]
    names: tuple[str, ...]
    """Who remembers it: `workspace`, branches, tags, experiments, commits, `run-cache`."""
    commit: str | None
    """A revision whose dvc.lock has it; None where only the workspace's or the run-cache has."""

    @property
    def data(self) -> str:
        """The data set of a run that reads the section `data`; empty for others."""
        return str(self.parameters.get("data", {}).get("name", ""))

    def output(self, path: str) -> File | None:
        """The output of that path."""
        return next((out for out in self.outputs if out.path == path), None)

    def input(self, path: str) -> File | None:
        """The dependency of that path."""
        return next((dep for dep in self.inputs if dep.path == path), None)


@dataclass(frozen=True)
class Known:
    """All runs, each once, and the locks that could not be read."""

    runs: tuple[Run, ...]
    unreadable: tuple[str, ...]

    def versions(self, path: str) -> dict[str, list[str]]:
        """Who remembers each version of an output, by its md5."""
        found: dict[str, list[str]] = defaultdict(list)
        for run in self.runs:
            if out := run.output(path):
                found[out.md5] += [name for name in run.names if name not in found[out.md5]]
        return dict(found)

    def made_from(self, md5s: set[str]) -> set[tuple[str, str]]:
        """Path and md5 of every output that these files reach, through other outputs too."""
        users: dict[str, list[Run]] = defaultdict(list)
        for run in self.runs:
            for file in run.inputs:
                users[file.md5].append(run)
        reached: set[tuple[str, str]] = set()
        waiting = list(md5s)
        while waiting:
            for run in users[waiting.pop()]:
                for out in run.outputs:
                    if (out.path, out.md5) not in reached:
                        reached.add((out.path, out.md5))
                        waiting.append(out.md5)
        return reached


def known(run_cache: Path) -> Known:
    """Collect the runs.

    Args:
        run_cache: DVC's folder of them.

    Raises:
        LockUnreadable: the dvc.lock of this folder is missing or broken.
    """
    names: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    found: dict[tuple[Any, ...], Run] = {}
    unreadable = []

    def note(run: Run) -> None:
        key = (run.inputs, run.outputs)
        names[key] += [name for name in run.names if name not in names[key]]
        if key not in found or found[key].commit is None:
            found[key] = run

    for stage in lock.read().stages.values():
        note(Run(stage.dependencies, stage.outputs, stage.parameters, ("workspace",), None))
    for commit, known_as in _locks():
        try:
            stages = lock.read(commit).stages.values()
        except (lock.LockUnreadable, lock.RevisionUnknown):
            unreadable.append(known_as[0])
            continue
        for stage in stages:
            note(Run(stage.dependencies, stage.outputs, stage.parameters, tuple(known_as), commit))
    for path in sorted(file for file in run_cache.rglob("*") if file.is_file()):
        try:
            note(_run_of_cache(path))
        except (OSError, YAMLError, ValueError, TypeError, KeyError, AttributeError):
            unreadable.append(f"run-cache entry {path.name[:8]}")
    return Known(
        tuple(Run(r.inputs, r.outputs, r.parameters, tuple(names[key]), r.commit) for key, r in found.items()),
        tuple(unreadable),
    )


def _run_of_cache(path: Path) -> Run:
    entry = YAML(typ="safe", pure=True).load(path.read_bytes())
    inputs, outputs = (
        tuple(File(f["path"], f["md5"], f["size"], f.get("nfiles")) for f in entry.get(role, []))
        for role in ("deps", "outs")
    )
    return Run(inputs, outputs, entry.get("params", {}).get("params.yaml", {}), (RUN_CACHE,), None)


def _locks() -> Iterator[tuple[str, list[str]]]:
    """A revision for each different dvc.lock that Git holds, with all that know it: first refs, then commits."""
    found = git.text_if_any("for-each-ref", "--format=%(refname)").split()
    known_as = {name: references.kind_and_name(name) for name in found if not references.is_note(name)}
    commits = git.text_if_any("rev-list", "--all", "--full-history", "--", str(LOCK)).split()
    asked = known_as | {name: f"commit {name[:7]}" for name in commits}
    wanted = "".join(f"{name}:./{LOCK}\n" for name in asked)
    lines = git.text_if_any("cat-file", "--batch-check", given=wanted).splitlines()
    blobs: dict[str, list[str]] = defaultdict(list)
    for name, line in zip(asked, lines, strict=True):
        if " blob " in line:
            blobs[line.split()[0]].append(name)
    for names in blobs.values():
        yield names[0], [asked[name] for name in names]
