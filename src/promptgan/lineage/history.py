"""The Git commits whose dvc.lock holds given bytes."""

from collections.abc import Iterable
from dataclasses import dataclass

from promptgan import git
from promptgan.lineage import lock, references
from promptgan.lineage.lock import File


@dataclass(frozen=True)
class Commit:
    """A commit that changed dvc.lock."""

    id: str
    date: str
    """Of the committer, ISO 8601."""
    subject: str


@dataclass(frozen=True)
class Recorded:
    """Where Git has the bytes of a path."""

    first: Commit
    """The oldest commit whose lock holds them."""
    newest: Commit
    """The newest commit that changed the lock and holds them."""
    head: bool
    """Whether HEAD's lock holds them."""
    references: tuple[str, ...]
    """Branches, tags and DVC experiments that lead to them, where HEAD's history does not; else empty."""


class History:
    """The commits that changed dvc.lock: those of HEAD's history, and those that only other references lead to.

    Reads each commit's lock through one Git process; parses a lock at most once, and only if it holds a wanted hash.
    """

    def __init__(self) -> None:
        prefix = git.text_if_any("rev-parse", "--show-prefix").strip()
        reachable = _commits("HEAD")
        commits = [reachable, _commits("--all", "--not", "HEAD") if reachable else _commits("--all")]
        names = [c.id for each in commits for c in each]
        blobs = _blobs([f"{name}:{prefix}{lock.LOCK}" for name in ["HEAD", *names]])
        self._parsed: dict[str, set[tuple[str, str]]] = {}
        self._blob = dict(zip(["HEAD", *names], blobs, strict=True))
        wanted = sorted({blob for blob in blobs if blob})
        self._content = dict(zip(wanted, _contents(wanted), strict=True))
        self._reachable, self._elsewhere = commits

    def find(self, file: File) -> Recorded | None:
        """The commits whose lock has a path with these bytes; None where there is none, or no Git."""
        for commits in (self._reachable, self._elsewhere):
            newest = self._first_holding(commits, file)
            if newest:
                first = self._first_holding(reversed(commits), file)
                assert first
                reachable = commits is self._reachable
                return Recorded(first, newest, self._holds("HEAD", file), () if reachable else _references(newest))
        return None

    def _first_holding(self, commits: Iterable[Commit], file: File) -> Commit | None:
        return next((commit for commit in commits if self._holds(commit.id, file)), None)

    def _holds(self, commit: str, file: File) -> bool:
        blob = self._blob[commit]
        if not blob or file.md5.encode() not in self._content[blob]:
            return False
        if blob not in self._parsed:
            self._parsed[blob] = lock.hashes(self._content[blob])
        return (file.path, file.md5) in self._parsed[blob]


def _commits(*revisions: str) -> list[Commit]:
    """Those that changed the lock, newest first, merged side branches included."""
    order = ("--full-history", "--topo-order", "--format=%H%x09%cI%x09%s")
    lines = git.text_if_any("rev-list", *order, *revisions, "--", str(lock.LOCK)).splitlines()
    return [Commit(*line.split("\t", 2)) for line in lines if not line.startswith("commit ")]


def _references(commit: Commit) -> tuple[str, ...]:
    found = git.text_if_any("for-each-ref", "--contains", commit.id, "--format=%(refname)").split()
    named = [reference for reference in found if not references.is_note(reference)]
    return tuple(f"experiment {name}" if (name := references.experiment(each)) else references.name(each)
                 for each in named)  # fmt: skip


def _blobs(names: list[str]) -> list[str | None]:
    """The id of each name's blob; None where there is none."""
    form = "--batch-check=%(objectname) %(objecttype)"
    lines = git.text_if_any("cat-file", form, given="\n".join(names)).splitlines()
    return [line.split()[0] if line.endswith(" blob") else None for line in lines] or [None] * len(names)


def _contents(blobs: list[str]) -> list[bytes]:
    contents: list[bytes] = []
    if not blobs:  # maybe no repository either
        return contents
    given = git.output("cat-file", "--batch", given="\n".join(blobs))
    start = 0
    for _ in blobs:
        end = given.index(b"\n", start)
        size = int(given[start:end].split()[2])
        contents.append(given[end + 1 : end + 1 + size])
        start = end + size + 2
    return contents
