"""What is served: names, and the model folders or releases that they stand for."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from promptgan.core.errors import PromptganError, shown
from promptgan.terms.systems import MODELS

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SUMS, INDEX, CARD = "SHA256SUMS", "index.json", "README.md"
CARD_OF_RUN = Path("reports/html") / CARD
RUN = "run.json"
"""The record of the stage that made a model."""


class NothingToServe(PromptganError):
    """A name or its folder is of no use to a service."""


@dataclass(frozen=True)
class Place:
    """A name and its folder."""

    name: str
    path: Path
    """A model folder, or a release."""

    @classmethod
    def parse(cls, given: str) -> Self:
        """Read `NAME=FOLDER`, or `FOLDER`, whose last part is the name then.

        Raises:
            NothingToServe: the name has other characters than letters, digits, points, lines and underscores.
        """
        name, equals, folder = given.partition("=")
        path = Path(folder if equals else given)
        name = name if equals else path.resolve().name
        if not NAME.fullmatch(name):
            raise NothingToServe(
                f"{shown(given)}: {shown(name)} is no name for a model", "give one of letters and digits: NAME=FOLDER"
            )
        return cls(name, path)

    @property
    def released(self) -> bool:
        """Whether the folder is a release, which is verified before it is served."""
        return (self.path / SUMS).is_file()

    @property
    def model(self) -> Path:
        """The model folder, which a release has inside.

        Raises:
            NothingToServe: there is none.
        """
        if not self.released:
            if not (self.path / INDEX).is_file():
                raise NothingToServe(
                    f"{self.path} holds no model", "run `make run` or `dvc pull`, or name another one: NAME=FOLDER"
                )
            return self.path
        found = sorted(self.path.glob(f"models/*/{INDEX}"))
        if len(found) != 1:
            raise NothingToServe(f"{self.path} is a release without one model", "get it again from whoever released it")
        return found[0].parent

    @property
    def revision(self) -> str:
        """sha256 of the model's index.json."""
        return hashlib.sha256((self.model / INDEX).read_bytes()).hexdigest()

    @property
    def card(self) -> str | None:
        """The model card: its own, or of a model that the run here made the run's."""
        made = {Path("models", name).resolve() for name in MODELS.values()}
        path = CARD_OF_RUN if self.path.resolve() in made else self.path / CARD
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """What changes when a file of the folder does: names, sizes and times; empty where there is no model."""
        try:
            files = sorted(path for path in self.path.rglob("*") if path.is_file()) if self.model else []
            return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)
        except (OSError, NothingToServe):
            return ()
