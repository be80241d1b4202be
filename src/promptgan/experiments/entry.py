"""results/RECIPE.json: what the finished runs of a preset measured, and what exactly they were runs of."""

import csv
import hashlib
import io
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pydantic

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.experiments import finished, makeup
from promptgan.experiments.makeup import Makeup
from promptgan.lineage import lock
from promptgan.recipes.presets import OwnDataMissing, UnknownRecipe, resolve
from promptgan.terms.metrics import declared

FOLDER = Path("results")
CURVES = Path("plots/curves.csv")
RUN = Path("models/adversarial/run.json")


class EntryUnreadable(PromptganError):
    """A file of results/ is not what `promptgan compare` writes."""


class NotFinished(PromptganError):
    """An experiment lacks what a finished run has."""


@dataclass(frozen=True)
class Trained:
    """One finished run: a preset trained with one seed."""

    lock_sha256: str
    """Of the run's dvc.lock."""
    device: str
    """The CPU's instruction set or the GPU's name, as run.json has it."""
    torch: str
    outputs: dict[str, str]
    """The md5 of every output of every stage, as dvc.lock has it."""
    systems: dict[str, Any]
    """Headline numbers by system; a sentence where there is no such system."""
    gaps: dict[str, Any]
    """How much better the adversarial model is at equal diversity, by rival and metric."""
    metrics: dict[str, Any]
    """Of the other stages, by file."""
    signature: list[str]
    """How the headline numbers were measured."""
    curves: dict[str, dict[str, list[float]]]
    """By system and metric, in the order of plots/curves.csv."""
    errors: dict[str, dict[str, float]] = field(default_factory=dict)
    """Standard errors of the headline numbers over examples, by system and metric; older entries do not say them."""
    verdict: list[str] = field(default_factory=list)
    """On the adversarial model beside its rivals, in sentences; older entries do not have it."""

    def numbers(self, system: str) -> dict[str, Any]:
        """The headline numbers of a system; none where there is no such system."""
        values = self.systems.get(system)
        return values if isinstance(values, dict) else {}

    def curve(self, system: str, x: str, y: str) -> list[tuple[float, float]]:
        """The points of a system's curve of one metric over another; none where it has no such curve."""
        columns = self.curves.get(system, {})
        along, up = columns.get(x, []), columns.get(y, [])
        return list(zip(along, up, strict=True)) if len(along) == len(up) else []


@dataclass(frozen=True)
class Entry:
    """A preset's finished runs, which are all of one makeup, and its failed ones."""

    recipe: str
    data: dict[str, str] = field(default_factory=dict)
    """Title and content_sha256 of the data set."""
    made: Makeup | None = None
    """What all of the finished runs are made of; None where there is none."""
    trained: dict[int, Trained] = field(default_factory=dict)
    """By training seed."""
    failed: dict[int, list[str]] = field(default_factory=dict)
    """The last lines of the error, by training seed."""
    failed_of: dict[int, str] = field(default_factory=dict)
    """The digest of what a failed run was to be made of, by training seed; older entries do not say it."""

    @classmethod
    def read(cls, recipe: str) -> Self:
        """The entry of a preset; an empty one where there is none.

        Raises:
            EntryUnreadable: the file is not what `write` writes.
        """
        path = FOLDER / f"{recipe}.json"
        if not path.exists():
            return cls(recipe)
        try:
            return pydantic.TypeAdapter(cls).validate_json(path.read_bytes())
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except OSError as error:
            reason = error.strerror or str(error)
        raise EntryUnreadable(
            f"{path} is not what `promptgan compare` writes: {reason}",
            f"delete it and run `promptgan compare {recipe}`, or `git checkout {path}`",
        )

    @classmethod
    def all(cls) -> list[Self]:
        """Every entry of results/, sorted by recipe."""
        return [cls.read(recipe) for recipe in sorted(path.stem for path in FOLDER.glob("*.json"))]

    def write(self) -> None:
        """Write the entry; the same runs give the same bytes."""
        write_json(FOLDER / f"{self.recipe}.json", asdict(self))

    def with_run(self, seed: int, made: Makeup, data: dict[str, str], run: Trained) -> "Entry":
        """The entry with one more finished run.

        Runs of another makeup are left out: a mean over both means nothing, and what failed may have been corrected.
        """
        kept = self.trained if made == self.made else {}
        untold = made.digest if made == self.made else ""
        failed = {
            other: lines
            for other, lines in self.failed.items()
            if other != seed and self.failed_of.get(other, untold) == made.digest
        }
        failed_of = {other: digest for other, digest in self.failed_of.items() if other in failed}
        return Entry(self.recipe, data, made, {**kept, seed: run}, failed, failed_of)

    def with_failure(self, seed: int, made: Makeup, lines: list[str]) -> "Entry":
        """The entry with one more failed run; what had finished before stays."""
        failed, failed_of = {**self.failed, seed: lines}, {**self.failed_of, seed: made.digest}
        return replace(self, failed=failed, failed_of=failed_of)

    def differences(self) -> list[str]:
        """What is not as it was when the runs finished: names of files and parameters. Nothing where all matches.

        Own data and what it was computed with are those of the entry itself, whatever params.yaml holds.
        """
        if not self.made:
            return []
        try:
            own, compute = self.made.parameters["data"], self.made.parameters.get("compute")
            now = makeup.of_working_tree(resolve(self.recipe, own, compute).values)
        except UnknownRecipe:
            return [f"recipes/{self.recipe}.yaml is gone"]
        except OwnDataMissing as error:
            return [error.problem]
        except PromptganError as error:
            return [f"the preset cannot be resolved: {' '.join(error.problem.split())}"]
        return self.made.differences(now)


def finished_run(reference: str, folder: Path) -> tuple[Makeup, dict[str, str], Trained]:
    """What a finished experiment, by its Git reference, is made of, its data set, and what it measured.

    Its outputs lie in ``folder``.

    Raises:
        NotFinished: the experiment lacks a stage or a metric.
    """
    try:
        locked = lock.read(reference)
        outputs = {out.path: out.md5 for _, out in locked.outputs()}
        measured = finished.measured(finished.parameters(reference), reference)
        metrics = {Path(path).stem: content for path, content in measured.items()}
        made = makeup.of_lock(locked, folder)
        evaluation = metrics.pop("evaluation")
        run = json.loads((folder / RUN).read_text(encoding="utf-8"))
        return (
            made,
            metrics.pop("validation")["data"],
            Trained(
                lock_sha256=hashlib.sha256(lock.at_revision(lock.LOCK, reference)).hexdigest(),
                device=run["device"],
                torch=run["torch"],
                outputs=outputs,
                systems=evaluation["systems"],
                gaps=evaluation.get("gaps", {}),
                metrics=metrics,
                signature=evaluation["signature"],
                curves=_curves(lock.at_revision(CURVES, reference).decode(), declared(made.task).names),
                errors={row.pop("system"): row for row in evaluation.get("standard_errors", [])},
                verdict=evaluation.get("verdict", []),
            ),
        )
    except (OSError, ValueError, KeyError, lock.RevisionUnknown) as error:
        raise NotFinished(
            f"the experiment {reference.rpartition('/')[2]} lacks {' '.join(str(error).split())[:200]}",
            "it needs every stage: run the comparison again",
        ) from error


def _curves(text: str, columns: list[str]) -> dict[str, dict[str, list[float]]]:
    curves: dict[str, dict[str, list[float]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        for column in columns:
            if row.get(column):
                curves.setdefault(row["model"], {}).setdefault(column, []).append(float(row[column]))
    return curves
