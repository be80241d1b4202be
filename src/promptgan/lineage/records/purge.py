"""Deleting what holds a record, of what DVC keeps here: outputs, cache objects, those of remotes that are folders."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promptgan.core.errors import PromptganError
from promptgan.lineage.records.holders import Place
from promptgan.lineage.records.versions import VALIDATED


class RepositoryBusy(PromptganError):
    """A stage or another DVC command is at work on what is to be deleted."""


class NotDeleted(PromptganError):
    """The system refused to delete something; what came before it is gone."""


@dataclass(frozen=True)
class Plan:
    """What is deleted and what is left, decided before anything happens."""

    delete: tuple[Place, ...]
    kept: tuple[Place, ...]
    """The data as it came, which is kept unless asked for."""
    rest: tuple[Place, ...]
    """What is out of reach: each place has its remedy."""

    @property
    def size(self) -> int:
        """Bytes that go."""
        return sum(_size(path) for place in self.delete for path in place.files)


def plan(places: list[Place], raw: bool) -> Plan:
    """Sort places by what can be done about them.

    Args:
        places: of `holders.places`.
        raw: delete the data as it came too, which the next run gets again.
    """
    within_reach = [place for place in places if place.files]
    return Plan(
        delete=tuple(place for place in within_reach if raw or not place.raw),
        kept=tuple(place for place in within_reach if place.raw and not raw),
        rest=tuple(place for place in places if not place.files),
    )


def carry_out(chosen: Plan) -> None:
    """Delete. Interrupted, it may be started again: the data by which the record is found goes last.

    Raises:
        RepositoryBusy: DVC or a stage is at work; nothing is deleted.
        NotDeleted: names the path that could not be deleted.
    """
    ordered = sorted(chosen.delete, key=lambda place: VALIDATED in place.what)
    outputs = [path for place in ordered if place.kind == "workspace" for path in place.files]
    with _alone(outputs):
        for path in (path for place in ordered for path in place.files):
            try:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise NotDeleted(
                    f"{path} cannot be deleted: {error.strerror}", "see to its permissions, then run this again"
                ) from error


@contextmanager
def _alone(outputs: list[Path]) -> Iterator[None]:
    """Hold DVC's lock of the repository, and its lock for writing these outputs, which a running stage has."""
    from dvc.lock import LockError
    from dvc.repo import Repo
    from dvc.rwlock import rwlock

    repo = Repo(".")
    paths = [str(Path.cwd() / path) for path in outputs]
    try:
        with repo.lock, rwlock(repo.tmp_dir, repo.fs, "promptgan data remove", [], paths, False):
            yield
    except LockError as error:
        raise RepositoryBusy(
            f"DVC is at work here: {str(error).splitlines()[0]}", "wait until it has ended, then run this again"
        ) from error


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.is_file() else 0
