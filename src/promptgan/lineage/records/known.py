"""Every run of a stage that is remembered here: by dvc.lock, by Git's history of it, and by DVC's run-cache."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from promptgan.lineage import cache, history, lock
from promptgan.lineage.counting import few
from promptgan.lineage.lock import Stage

RUN_CACHE = "run-cache"

Output = tuple[str, str]
"""Path and md5."""


@dataclass(frozen=True)
class Run:
    """What one stage made from what, once."""

    stage: Stage
    commit: str | None
    """A revision whose dvc.lock has it; None where only the workspace's or the run-cache has."""
    names: list[str]
    """Who remembers it: `workspace`, branches, tags, experiments, commits, `run-cache`."""


class Known:
    """All runs, each once.

    Raises:
        LockUnreadable: the dvc.lock of this folder is missing or broken.
    """

    def __init__(self) -> None:
        self.unreadable: list[str] = []
        """The locks that could not be read."""
        found: dict[tuple[Any, ...], Run] = {}

        def note(stage: Stage, commit: str | None, names: list[str]) -> None:
            key = stage.dependencies, stage.outputs
            former = found.get(key, Run(stage, None, []))
            found[key] = Run(stage, former.commit or commit, list(dict.fromkeys([*former.names, *names])))

        for stage in lock.read().stages.values():
            note(stage, None, ["workspace"])
        for commit, names in history.versions():
            try:
                for stage in lock.read(commit).stages.values():
                    note(stage, commit, names)
            except (lock.LockUnreadable, lock.RevisionUnknown):
                self.unreadable.append(names[0])
        for path in cache.runs():
            try:
                note(cache.run(path), None, [RUN_CACHE])
            except cache.RunUnreadable:
                self.unreadable.append(f"run-cache entry {path.name[:8]}")
        self.runs = [*found.values()]
        self._owners: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for run in self.runs:
            for out in run.stage.outputs:
                for name, md5 in cache.members(out).items():
                    self._owners[md5].setdefault(name, []).extend(run.names)

    def made_from(self, md5s: set[str]) -> set[Output]:
        """Path and md5 of every output that these files reach, through other outputs too."""
        users: dict[str, list[Run]] = defaultdict(list)
        for run in self.runs:
            for file in run.stage.dependencies:
                users[file.md5].append(run)
        reached: set[Output] = set()
        waiting = list(md5s)
        while waiting:
            made = {(out.path, out.md5) for run in users[waiting.pop()] for out in run.stage.outputs}
            waiting += [md5 for _, md5 in made - reached]
            reached |= made
        return reached

    def paths(self, md5: str) -> list[str]:
        """The outputs, or the files in them, that have these bytes; none where no run is known that made them."""
        return sorted(self._owners.get(md5, {}))

    def called(self, md5: str) -> str:
        """How people find an object: its paths and the place in a cache or remote."""
        return f"{', '.join(self.paths(md5)) or '(in no lock)'} {md5[:2]}/{md5[2:]}"

    def who(self, md5: str) -> str:
        """Who remembers it, as a note; the run-cache where nobody else does."""
        names = dict.fromkeys(name for known_as in self._owners.get(md5, {}).values() for name in known_as)
        shown = [name for name in names if name != RUN_CACHE] or [*names]
        return f"of {few(shown)}" if shown else ""
