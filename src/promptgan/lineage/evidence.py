"""The run in this folder, as its files tell it: dvc.lock and everything that it names, each thing read once."""

import csv
import json
import os
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.parameters import load_params
from promptgan.core.record import PACKAGE_LOCK
from promptgan.lineage import cache, hashes, lock, packages, pipeline
from promptgan.lineage.hashes import Tree

if TYPE_CHECKING:
    import pyarrow as pa

RAW, CORPUS, BASE, VALIDATED = "data/raw", "data/corpus", "data/base", "data/validated"
PROVENANCE, RUN = "provenance.json", "run.json"


class Unreadable(PromptganError):
    """A file that is looked at is missing, broken, or not of the form that its stage writes."""

    def __init__(self, path: str, reason: object) -> None:
        gone = isinstance(reason, FileNotFoundError)
        said = (isinstance(reason, OSError) and reason.strerror) or reason
        super().__init__(
            f"{path}: no such file" if gone else f"{path} cannot be read: {said}",
            f"`dvc checkout {path}` restores an output of a stage, `git checkout {path}` a file that Git has",
        )


class FilesDiffer(PromptganError):
    """An output or requirements.lock is missing, or is not the one that dvc.lock names."""


class Evidence:
    """The repository in this folder. Reading one of its files raises `Unreadable` where that is missing or broken.

    Raises:
        LockUnreadable: there is no dvc.lock, or it is not what DVC writes.
        ParameterError: params.yaml cannot be read.
    """

    def __init__(self) -> None:
        self.lock = lock.read()
        self.params = load_params()
        self._trees: dict[str, Tree] = {}
        self._documents: dict[str, Any] = {}
        self._tables: dict[str, pa.Table] = {}

    @cached_property
    def declared(self) -> dict[str, pipeline.Declared]:
        """The stages of dvc.yaml, in its order."""
        return pipeline.declared(self.params)

    @cached_property
    def outputs(self) -> dict[str, Tree]:
        """The files of every output, by the output's path.

        Raises:
            FilesDiffer: names every output that is missing or is not the locked one; so too requirements.lock.
        """
        wanted = {out.path: {out.md5} for _, out in self.lock.outputs()} | {str(PACKAGE_LOCK): self.lock.package_locks}
        found = {path: self.tree(path) for path in wanted}
        problems = [
            f"{path}: {'not the bytes that dvc.lock names' if tree else 'No such file'}"
            for path, tree in found.items()
            if tree is None or wanted[path] - {tree.md5}
        ]
        if problems:
            raise FilesDiffer(
                "\n".join([f"{len(problems)} path(s) differ from dvc.lock", *(f"  {line}" for line in problems)]),
                "run `dvc checkout` (after `dvc pull`, if they are not here), or `make run`",
            )
        return {out.path: tree for _, out in self.lock.outputs() if (tree := found[out.path])}

    @property
    def runs(self) -> dict[str, dict[str, Any]]:
        """The content of each stage's run.json, by stage, of those that write one."""
        outputs = ((stage.name, out.path, self.tree(out.path)) for stage, out in self.lock.outputs())
        return {name: self.json(f"{path}/{RUN}") for name, path, tree in outputs if tree and RUN in tree.files}

    def provenance(self, folder: str = RAW) -> dict[str, Any]:
        """Where the content of data/raw, data/corpus or data/base comes from; empty where the run has no such thing."""
        written = self.json(f"{folder}/{PROVENANCE}") if self.lock.producer(folder) else {}
        return dict(written) if "source" in written else {}

    @property
    def columns(self) -> dict[str, str]:
        """Name and Arrow type of the columns of the validated records; none where there are none yet."""
        if not self.lock.producer(VALIDATED):
            return {}
        schema = self.table(f"{VALIDATED}/train.parquet").schema
        return {field.name: str(field.type) for field in schema}

    @cached_property
    def packages(self) -> list[packages.Package]:
        """What requirements.lock pins."""
        return packages.read(self.text(str(PACKAGE_LOCK)))

    @cached_property
    def committed(self) -> datetime | None:
        """When the Git commit was made that brought this dvc.lock, in UTC; None where none did."""
        found = git.text_if_any("log", "-1", "--format=%H %cI", "--", str(lock.LOCK)).split()
        if not found or lock.at_revision(lock.LOCK, found[0]) != lock.LOCK.read_bytes():
            return None
        return datetime.fromisoformat(found[1]).astimezone(UTC)

    def parameters(self, stage: str) -> dict[str, Any]:
        """The sections that a stage ran with."""
        return self.lock.stages[stage].parameters

    def tree(self, path: str) -> Tree | None:
        """The hashes of a file or a folder; None where there is neither."""
        if path not in self._trees:
            if not Path(path).exists():
                return None
            try:
                self._trees[path] = hashes.tree(Path(path))
            except OSError as error:
                raise Unreadable(error.filename or path, error) from error
        return self._trees[path]

    def file(self, path: str) -> lock.File | None:
        """A file or a folder as dvc.lock would have it; None where there is neither."""
        tree = self.tree(path)
        return lock.File(path, tree.md5, tree.size, tree.count) if tree else None

    def irregular(self) -> list[str]:
        """What lies among outputs and dependencies and is no file of this repository.

        A pipe, for which reading waits for ever; or a link to somewhere else than DVC's cache, where anybody may change
        what it leads to.
        """
        here = (Path.cwd().resolve(), cache.folder().resolve())
        paths = {file.path for file in self.lock.files()}
        files = {file for path in paths if os.path.lexists(path) for _, file in hashes.files_of(Path(path))}
        return sorted(
            file.as_posix()
            for file in files
            if not file.is_file() or not any(file.resolve().is_relative_to(place) for place in here)
        )

    def sha256(self, path: str) -> str | None:
        """The sha256 of a file, hashed with the output it lies in; None where there is no such file."""
        held = next((out.path for _, out in self.lock.outputs() if lock.lies_in(path, out.path)), path)
        tree = self.tree(held)
        found = tree and tree.files.get(path[len(held) + 1 :])
        return found.sha256 if found else None

    def json(self, path: str) -> Any:
        """The content of a JSON object."""
        if path not in self._documents:
            try:
                document = json.loads(Path(path).read_bytes())
            except (OSError, ValueError) as error:
                raise Unreadable(path, error) from error
            if not isinstance(document, dict):
                raise Unreadable(path, "it holds no JSON object")
            self._documents[path] = document
        return self._documents[path]

    def text(self, path: str) -> str:
        """The content of a text file in UTF-8."""
        try:
            return Path(path).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise Unreadable(path, error) from error

    def rows(self, path: str) -> list[dict[str, str]]:
        """The rows of a CSV file."""
        return list(csv.DictReader(self.text(path).splitlines()))

    def table(self, path: str) -> "pa.Table":
        """The table of a Parquet or Arrow file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if path not in self._tables:
            try:
                if path.endswith(".arrow"):
                    with pa.OSFile(path) as file:
                        self._tables[path] = pa.ipc.open_file(file).read_all()
                else:
                    self._tables[path] = pq.read_table(path)
            except (OSError, pa.ArrowException) as error:
                raise Unreadable(path, error) from error
        return self._tables[path]
