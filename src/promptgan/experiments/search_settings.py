"""search.yaml: what a study tries, how long, and what it judges by."""

import copy
import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from promptgan.core.errors import PromptganError, nearest, shown
from promptgan.core.flat import flat, holder
from promptgan.core.parameters import ParameterError, Section, load_params, validate_section
from promptgan.lineage.lock import lies_in
from promptgan.lineage.pipeline import Declared, declared
from promptgan.lineage.tools import tool
from promptgan.recipes.parameters import problems

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Direction = Literal["maximize", "minimize"]

TEST_METRICS = "metrics/evaluation.json"
"""Measured on test, where nothing may be chosen."""


class SearchFileWrong(PromptganError):
    """One or more keys of search.yaml are wrong; every one of them is listed."""

    exit_code = 2

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__(
            "\n".join([f"{path}: {len(problems)} wrong key(s)", *(f"  {line}" for line in problems)]),
            f"correct {path}; docs/search.md explains every key",
        )


class Range(Section):
    """Numbers from ``low`` to ``high``, both included."""

    low: int | float
    high: int | float
    log: bool = False
    """Whether orders of magnitude are equally likely."""
    step: int | float | None = None

    def distribution(self, of: object) -> "BaseDistribution":
        """As Optuna has it: of whole numbers, where each number of the range is written as one and so is the value
        ``of`` the parameter file: `low: 0, high: 1` means the numbers between, too, for one that is a fraction.

        Raises:
            ValueError: there is no such range.
        """
        from optuna.distributions import FloatDistribution, IntDistribution

        numbers = (self.low, self.high, self.step or 1)
        if isinstance(of, float) or not all(isinstance(number, int) for number in numbers):
            return FloatDistribution(float(self.low), float(self.high), self.log, self.step)
        return IntDistribution(int(self.low), int(self.high), self.log, int(self.step or 1))


class Budget(Section):
    """When no further trial begins: whichever is reached first."""

    trials: int | None = Field(default=None, ge=1)
    hours: float | None = Field(default=None, gt=0)
    """Of the time that the study has been running, over all of its starts."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.trials is None and self.hours is None:
            raise ValueError("give trials, hours or both")
        return self


class Pruning(Section):
    """Which trials end early, by the live curve of their training."""

    pruner: Literal["none", "median", "threshold"] = "none"
    """`median`: the trial's best value so far is worse than the median of the finished trials at the same step, so a
    collapse after a good start goes on. `threshold`: the value at a step is worse than `limit`."""
    curve: str = "train"
    """The stage whose curve it is."""
    column: str = "score"
    direction: Direction | None = None
    """Of the column; without it, the objective's."""
    startup_trials: int = Field(default=4, ge=1)
    """Trials that `median` lets finish before it prunes any."""
    warmup_steps: int = Field(default=0, ge=0)
    """Steps of the curve at which nothing is pruned."""
    limit: float | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.limit is not None) != (self.pruner == "threshold"):
            raise ValueError("limit belongs to the pruner threshold, which needs it")
        return self


class Settings(Section):
    """A study."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    """Of the study, of its experiments (NAME-t0, NAME-t1, ...) and of its page."""
    objective: str = Field(pattern=r"^[^:\s]+\.json:[^:\s]+$")
    """`FILE:KEY` of a metric, the key dotted where it lies in a section of the file."""
    direction: Direction
    space: dict[str, Any] = Field(min_length=1)
    """Dotted keys of params.yaml, each with a `Range` or a list of values."""
    budget: Budget
    stages: tuple[str, ...] = Field(default=(), strict=False)
    """Stages to run in a trial beside the one that writes the objective, each with what it needs."""
    jobs: int = Field(default=1, ge=1, le=64)
    """Trials at once."""
    seed: int = Field(default=1, ge=0, lt=2**32)
    """Of what the sampler proposes."""
    pruning: Pruning = Pruning()


@dataclass(frozen=True)
class Plan:
    """A search.yaml that is right, and what follows from it and the pipeline."""

    settings: Settings
    file: str
    """The metrics file of the objective."""
    key: str
    """The dotted key of the objective in its file."""
    space: "dict[str, BaseDistribution]"
    targets: list[str]
    """What `dvc exp run` is asked for: the stage that writes the objective, and the settings' own."""
    apply: str
    """The command that writes the best trial's values into params.yaml."""

    @property
    def fixed(self) -> dict[str, Any]:
        """What must not change while a study lasts, as JSON; budget, jobs and pruning may."""
        from optuna.distributions import distribution_to_json

        space = {key: json.loads(distribution_to_json(found)) for key, found in self.space.items()}
        same = self.settings.model_dump(mode="json", include={"objective", "direction", "stages", "seed"})
        return {**same, "space": space}


def read(path: Path) -> Plan:
    """Read search.yaml and hold it against params.yaml and dvc.yaml in this folder.

    Raises:
        ToolMissing: optuna is not installed.
        SearchFileWrong: lists every wrong key.
        ParameterError: params.yaml itself cannot be read.
    """
    tool("optuna", "search")
    try:
        settings = validate_section(Settings, load_params(path), path=path)
    except ParameterError as error:
        raise SearchFileWrong(path, error.problems) from error
    parameters = load_params()
    stages = declared(parameters)
    makers = {out: name for name, stage in stages.items() for out in stage.outputs}
    file, _, key = settings.objective.partition(":")
    maker = makers.get(file)
    found = list(_missing(file, key)) if maker else [_unknown("objective: no stage writes", file, sorted(makers))]
    for asked, names in {"stages": settings.stages, "pruning.curve": [settings.pruning.curve]}.items():
        found += [_unknown(f"{asked}: there is no stage", name, list(stages)) for name in names if name not in stages]
    sections = _sections_read(stages, maker) if maker else {name.partition(".")[0] for name in settings.space}
    space: dict[str, BaseDistribution] = {}
    for name, value in settings.space.items():
        try:
            space[name] = _dimension(name, value, parameters)
            if (section := name.partition(".")[0]) not in sections:
                found.append(f"space.{name}: no stage that {file} comes from reads the section {section}")
        except ParameterError as error:
            found += error.problems
    if found or maker is None:
        raise SearchFileWrong(path, found)
    targets = list(dict.fromkeys([maker, *settings.stages]))
    return Plan(settings, file, key, space, targets, f"promptgan search --apply {shlex.quote(path.as_posix())}")


def with_values(parameters: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A parameter file with other values for some dotted keys, which it must have."""
    changed = copy.deepcopy(parameters)
    for key, value in values.items():
        section, last = holder(changed, key)
        section[last] = value
    return changed


def _dimension(key: str, value: object, parameters: dict[str, Any]) -> "BaseDistribution":
    """One entry of the space; complains of a key that is not in params.yaml, and of a value that it may not take."""
    from optuna.distributions import BaseDistribution, CategoricalDistribution

    here = dict(flat(parameters))
    found: BaseDistribution
    try:
        if key not in here:
            raise ValueError(f"params.yaml has no such key{nearest(key, list(here))}")
        if isinstance(value, dict):
            limits = validate_section(Range, value, f"space.{key}")
            found, tries = limits.distribution(here[key]), [limits.low, limits.high]
        elif isinstance(value, list) and value and all(isinstance(each, int | float | str | None) for each in value):
            found, tries = CategoricalDistribution(value), value
        else:
            raise ValueError(f"found {shown(value)}; give a list of plain values, or low and high")
    except ValueError as error:
        raise ParameterError([f"space.{key}: {error}"]) from error
    lines = (line for each in tries for line in problems(with_values(parameters, {key: each})))
    if wrong := [f"space.{line}" for line in lines if line.startswith(f"{key}:")]:  # others are about combinations
        raise ParameterError(wrong)
    return found


def _unknown(problem: str, name: str, known: list[str]) -> str:
    return f"{problem} {name}{nearest(name, known)}; there are: {', '.join(known)}"


def _missing(file: str, key: str) -> Iterator[str]:
    try:
        values = flat(json.loads(Path(file).read_text(encoding="utf-8")))
    except (OSError, ValueError):  # not run here yet
        return
    known = [name for name, value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if key not in known:
        yield _unknown(f"objective: {file} has no number", key, known)


def _sections_read(stages: Mapping[str, Declared], target: str) -> frozenset[str]:
    """The sections of params.yaml that a stage, or one that it depends on, reads."""
    needs = stages[target].dependencies
    before = (name for name, stage in stages.items() if any(lies_in(d, out) for d in needs for out in stage.outputs))
    return stages[target].parameters.union(*(_sections_read(stages, name) for name in before))
