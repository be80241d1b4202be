"""The versions of dvc.lock that Git holds, and the commits that have given bytes in theirs."""

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
        self._blob = _blobs(["HEAD", *(commit["id"] for commits in self._commits for commit in commits)])
        self._content = _contents(sorted(set(self._blob.values())))
        self._parsed: dict[str, set[tuple[str, str]]] = {}

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
        blob = self._blob.get(commit)
        if blob is None or file.md5.encode() not in self._content[blob]:
            return False
        if blob not in self._parsed:
            self._parsed[blob] = lock.hashes(self._content[blob])
        return (file.path, file.md5) in self._parsed[blob]


def versions() -> Iterator[tuple[str, list[str]]]:
    """A revision for each different dvc.lock that Git holds, with all that know it: first references, then commits."""
    found = git.text_if_any("for-each-ref", "--format=%(refname)").split()
    known_as = {name: references.kind_and_name(name) for name in found if not references.is_note(name)}
    commits = git.text_if_any("rev-list", "--all", "--full-history", "--", str(LOCK)).split()
    known_as |= {name: f"commit {name[:7]}" for name in commits}
    names: dict[str, list[str]] = defaultdict(list)
    for name, blob in _blobs(list(known_as)).items():
        names[blob].append(name)
    for same in names.values():
        yield same[0], [known_as[name] for name in same]


def _commits(*revisions: str) -> list[Commit]:
    """Those that changed the lock, newest first, merged side branches included."""
    order = ("--full-history", "--topo-order", "--format=%H%x09%cI%x09%s")
    lines = git.text_if_any("rev-list", *order, *revisions, "--", str(LOCK)).splitlines()
    rows = (line.split("\t", 2) for line in lines if not line.startswith("commit "))
    return [dict(zip(("id", "date", "subject"), row, strict=True)) for row in rows]


def _references(commit: str) -> list[str]:
    found = git.text_if_any("for-each-ref", "--contains", commit, "--format=%(refname)").split()
    named = [reference for reference in found if not references.is_note(reference)]
    return [f"experiment {name}" if (name := references.experiment(each)) else references.name(each) for each in named]


def _blobs(revisions: list[str]) -> dict[str, str]:
    """The id of the dvc.lock of each revision that has one."""
    given = "".join(f"{name}:./{LOCK}\n" for name in revisions)
    form = "--batch-check=%(objectname) %(objecttype)"
    lines = git.text_if_any("cat-file", form, given=given).splitlines()
    found = zip(revisions, lines, strict=False)  # no line at all without Git
    return {name: line.split()[0] for name, line in found if line.endswith(" blob")}


def _contents(blobs: list[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    given = git.output("cat-file", "--batch", given="\n".join(blobs)) if blobs else b""
    start = 0
    for blob in blobs:
        end = given.index(b"\n", start)
        size = int(given[start:end].split()[2])
        found[blob] = given[end + 1 : end + 1 + size]
        start = end + size + 2
    return found
