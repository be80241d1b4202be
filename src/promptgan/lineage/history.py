"""The versions of dvc.lock that Git holds, and the commits that have given bytes in theirs."""

import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from promptgan import git
from promptgan.lineage import lock, references
from promptgan.lineage.lock import LOCK, File

Commit = dict[str, str]
"""id; date of the committer, ISO 8601; subject."""


class History:
    """The commits that changed dvc.lock: those of HEAD's history, and those that only other references lead to.

    Reads each commit's lock through one Git process; parses a lock at most once, and only if it holds a wanted hash.
    """

    def __init__(self) -> None:
        reachable = _commits("HEAD")
        self._commits = [reachable, _commits("--all", "--not", "HEAD") if reachable else _commits("--all")]
        self._locks = _locks(["HEAD", *(commit["id"] for commits in self._commits for commit in commits)])
        self._parsed: dict[bytes, set[tuple[str, str]]] = {}

    def find(self, file: File) -> dict[str, Any] | str:
        """The commits whose lock has a path with these bytes, or `not recorded`.

        Returns:
            `first` and `newest` that changed the lock and hold them; whether `head`'s lock does; and, where HEAD's
            history does not, the `references` that lead to them: branches, tags and DVC experiments.
        """
        for commits in self._commits:
            first, newest = (
                next((commit for commit in each if self._holds(commit["id"], file)), None)
                for each in (reversed(commits), commits)
            )
            if first and newest:
                beside = [] if commits is self._commits[0] else _references(newest["id"])
                return {"first": first, "newest": newest, "head": self._holds("HEAD", file), "references": beside}
        return "not recorded"

    def _holds(self, commit: str, file: File) -> bool:
        content = self._locks.get(commit, b"")
        if file.md5.encode() not in content:
            return False
        if content not in self._parsed:
            self._parsed[content] = lock.hashes(content)
        return (file.path, file.md5) in self._parsed[content]


def versions() -> Iterator[tuple[str, list[str]]]:
    """A revision for each different dvc.lock that Git holds, with all that know it: first references, then commits."""
    known_as = {name: " ".join(references.kind_and_name(name)).strip() for name in references.known()}
    commits = git.text_if_any("rev-list", "--all", "--full-history", "--", str(LOCK)).split()
    known_as |= {name: f"commit {name[:7]}" for name in commits}
    names: dict[bytes, list[str]] = defaultdict(list)
    for name, content in _locks(list(known_as)).items():
        names[content].append(name)
    for same in names.values():
        yield same[0], [known_as[name] for name in same]


def _commits(*revisions: str) -> list[Commit]:
    """Those that changed the lock, newest first, merged side branches included."""
    order = ("--full-history", "--topo-order", "--format=%H%x09%cI%x09%s")
    lines = git.text_if_any("rev-list", *order, *revisions, "--", str(LOCK)).splitlines()
    rows = (line.split("\t", 2) for line in lines if not line.startswith("commit "))
    return [dict(zip(("id", "date", "subject"), row, strict=True)) for row in rows]


def _references(commit: str) -> list[str]:
    found = map(references.kind_and_name, references.known("--contains", commit))
    return [f"{kind} {name}" if kind == "experiment" else name for kind, name in found]


def _locks(revisions: list[str]) -> dict[str, bytes]:
    """The dvc.lock of each revision that has one; none without Git."""
    try:
        said = io.BytesIO(git.output("cat-file", "--batch", given="".join(f"{name}:./{LOCK}\n" for name in revisions)))
    except git.GitFailed:
        return {}
    found = {}
    for name in revisions:
        _, kind, *size = said.readline().split()  # `ID blob SIZE`, or `NAME missing`
        content = said.read(int(size[0]) + 1)[:-1] if size else b""
        if kind == b"blob":
            found[name] = content
    return found
