"""What the checks look at, each thing read once, and what they find."""

import csv
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import load_params
from promptgan.lineage import cache, hashes, lock

if TYPE_CHECKING:
    import pyarrow as pa


class Unreadable(PromptganError):
    """A file that a check needs is missing, broken, or not of the form that its stage writes."""

    def __init__(self, path: str, reason: object) -> None:
        gone = isinstance(reason, FileNotFoundError)
        said = (isinstance(reason, OSError) and reason.strerror) or reason
        super().__init__(
            f"{path}: no such file" if gone else f"{path} cannot be read: {said}",
            f"`dvc checkout {path}` restores an output of a stage, `git checkout {path}` a file that Git has",
        )


@dataclass(frozen=True)
class Broken:
    """A link of the chain that does not hold."""

    link: str
    """What was examined, an arrow, and what it should agree with."""
    expected: str
    found: str
    remedy: str
    follows: bool = False
    """Whether it may only follow from a stage that has not run since what it reads changed."""


@dataclass(frozen=True)
class Declared:
    """A stage as dvc.yaml declares it, templates filled from params.yaml."""

    command: str
    dependencies: frozenset[str]
    parameters: frozenset[str]
    """Dotted keys of params.yaml, mostly whole sections."""
    outputs: frozenset[str]


class Evidence:
    """The repository in this folder.

    Raises:
        LockUnreadable: there is no dvc.lock, or it is not what DVC writes.
        ParameterError: params.yaml cannot be read.
    """

    def __init__(self) -> None:
        self.lock = lock.read()
        self.params = load_params()
        self._trees: dict[str, hashes.Tree] = {}
        self._documents: dict[str, Any] = {}
        self._tables: dict[str, pa.Table] = {}

    @cached_property
    def declared(self) -> dict[str, Declared]:
        """The stages of dvc.yaml, in its order."""
        stages = YAML(typ="safe", pure=True).load(lock.PIPELINE.read_bytes())["stages"]
        return {name: self._declared(entry) for name, entry in stages.items()}

    @cached_property
    def cache(self) -> Path:
        """The folder of DVC's cache, as DVC's own settings give it."""
        return cache.folder()

    def parameters(self, stage: str) -> dict[str, Any]:
        """The sections that a stage ran with."""
        return self.lock.stages[stage].parameters

    def restore(self, path: str) -> str:
        """The command that brings an output back as it was."""
        return f"git checkout {path}" if self.in_git(path) else f"dvc checkout {path}"

    def in_git(self, path: str) -> bool:
        """Whether an output lies in Git instead of in DVC's cache."""
        return path in self.lock.in_git

    def object(self, md5: str) -> Path:
        """Where DVC's cache keeps, or would keep, the content of this md5."""
        return cache.place(self.cache, md5)

    def tree(self, path: str) -> hashes.Tree | None:
        """The hashes of a file or a folder; None where there is neither.

        Raises:
            Unreadable: a file in it cannot be read.
        """
        if path not in self._trees:
            if not Path(path).exists():
                return None
            self._trees[path] = hashes.Tree({name: _digest(file) for name, file in _files(Path(path))})
        return self._trees[path]

    def irregular(self) -> list[str]:
        """What lies among outputs and dependencies and is no file of this repository.

        A pipe, for which reading waits for ever; or a link to somewhere else than DVC's cache, where anybody may change
        what it leads to.
        """
        here = (Path.cwd().resolve(), self.cache.resolve())
        stages = self.lock.stages.values()
        paths = {file.path for stage in stages for file in (*stage.dependencies, *stage.outputs)}
        files = (file for path in paths if os.path.lexists(path) for _, file in _files(Path(path)))
        return sorted(
            {
                file.as_posix()
                for file in files
                if not file.is_file() or not any(file.resolve().is_relative_to(place) for place in here)
            }
        )

    def sha256(self, path: str) -> str | None:
        """The sha256 of a file, hashed with the output it lies in; None where there is no such file.

        Raises:
            Unreadable: something in that output cannot be read.
        """
        for _, out in self.lock.outputs():
            if path != out.path and lock.lies_in(path, out.path):
                tree = self.tree(out.path)
                found = tree and tree.files.get(path.removeprefix(out.path + "/"))
                return found.sha256 if found else None
        tree = self.tree(path)
        return tree.files[""].sha256 if tree and tree.is_file else None

    def json(self, path: str) -> Any:
        """The content of a JSON object.

        Raises:
            Unreadable: it is missing or is no JSON object.
        """
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
        """The content of a text file.

        Raises:
            Unreadable: it is missing or is not UTF-8.
        """
        try:
            return Path(path).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise Unreadable(path, error) from error

    def rows(self, path: str) -> list[dict[str, str]]:
        """The rows of a CSV file.

        Raises:
            Unreadable: it is missing or is not UTF-8.
        """
        return list(csv.DictReader(self.text(path).splitlines()))

    def table(self, path: str) -> "pa.Table":
        """The table of a Parquet or Arrow file.

        Raises:
            Unreadable: it is missing or is no such file.
        """
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

    def _declared(self, entry: dict[str, Any]) -> Declared:
        def named(*keys: str) -> frozenset[str]:
            """The names, filled; an item is a name, or a name with its options."""
            return frozenset(
                self._filled(name)
                for key in keys
                for item in entry.get(key, [])
                for name in (item if isinstance(item, dict) else [item])
            )

        return Declared(
            self._filled(entry["cmd"]),
            named("deps"),
            named("params"),
            named(*lock.OUTPUTS),
        )

    def _filled(self, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            found = at(self.params, match[1])
            if found is None:
                raise Unreadable("dvc.yaml", f"params.yaml holds no {match[1]} for ${{{match[1]}}}")
            return str(found)

        return re.sub(r"\$\{\s*([\w.]+)\s*\}", value, text)


Check = Callable[[Evidence], Iterator[Broken]]
"""A check of the whole repository."""
StageCheck = Callable[[Evidence, lock.Stage], Iterator[Broken]]
"""A check of one stage that has run."""


def at(document: Any, key: str) -> Any:
    """The value of a dotted key; None where there is none."""
    for part in key.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """A file under the name '', or all that a folder holds but folders, by POSIX path inside of it."""
    if not path.is_dir():
        yield "", path
        return
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        if hashes.IGNORED not in inside.parts and (file.is_symlink() or not file.is_dir()):
            yield inside.as_posix(), file


def _digest(path: Path) -> hashes.Digest:
    try:
        return hashes.digest(path)
    except OSError as error:
        raise Unreadable(path.as_posix(), error) from error
