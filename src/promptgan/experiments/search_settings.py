"""search.yaml: what a study tries, how long, and what it judges by."""

import json
import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from promptgan import base
from promptgan.experiments.parameters import problems
from promptgan.lineage.facts import flat
from promptgan.lineage.lock import PIPELINE, lies_in

Scalar = bool | int | float | str | None
"""A value that a key of params.yaml may take in a trial."""

TEST_METRICS = ("metrics/evaluation.json",)
"""Files measured on test, where nothing may be chosen."""


class SearchFileWrong(base.PromptganError):
    """One or more keys of search.yaml are wrong; every one of them is listed."""

    exit_code = 2

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__(
            "\n".join([f"{path}: {len(problems)} wrong key(s)", *(f"  {line}" for line in problems)]),
            f"correct {path}; docs/search.md explains every key",
        )


class Range(base.Parameters):
    """Numbers from ``low`` to ``high``, both included."""

    low: int | float
    high: int | float
    log: bool = False
    """Whether orders of magnitude are equally likely."""
    step: int | float | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ValueError("log needs a low above 0 and no step")
        if self.step is not None and self.step <= 0:
            raise ValueError(f"step {self.step} is not above 0")
        return self

    @property
    def whole(self) -> bool:
        """Whether it is of whole numbers: every number of it is written as one."""
        return all(isinstance(number, int) for number in (self.low, self.high, self.step or 1))

    @property
    def ends(self) -> list[Scalar]:
        """The lowest and the highest number."""
        return [self.low, self.high]


class Budget(base.Parameters):
    """When no further trial begins: whichever is reached first."""

    trials: int | None = Field(default=None, ge=1)
    hours: float | None = Field(default=None, gt=0)
    """Of the time that the study has been running, over all of its starts."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.trials is None and self.hours is None:
            raise ValueError("give trials, hours or both")
        return self


class Pruning(base.Parameters):
    """Which trials end early, by the live curve of their training."""

    pruner: Literal["none", "median", "threshold"] = "none"
    """`median`: worse than the median of the finished trials at the same step. `threshold`: worse than `limit`."""
    curve: str = "train"
    """The stage whose curve it is."""
    column: str = "score"
    direction: Literal["maximize", "minimize"] | None = None
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


class Settings(base.Parameters):
    """A study."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    """Of the study, of its experiments (NAME-t0, NAME-t1, ...) and of its page."""
    objective: str = Field(pattern=r"^[^:\s]+\.json:[^:\s]+$")
    """`FILE:KEY` of a metric, the key dotted where it lies in a section of the file."""
    direction: Literal["maximize", "minimize"]
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

    path: Path
    """The file, as the command line named it."""
    settings: Settings
    space: dict[str, Range | list[Scalar]]
    targets: list[str]
    """What `dvc exp run` is asked for: the stage that writes the objective, and the settings' own."""

    @property
    def on_test(self) -> bool:
        """Whether the objective is measured on test."""
        return self.settings.objective.partition(":")[0] in TEST_METRICS

    @property
    def apply(self) -> str:
        """The command that writes the best trial's values into params.yaml."""
        return f"promptgan search --apply {shlex.quote(self.path.as_posix())}"

    @property
    def fixed(self) -> dict[str, Any]:
        """What must not change while a study lasts, as JSON; budget, jobs and pruning may."""
        space = {key: found.model_dump() if isinstance(found, Range) else found for key, found in self.space.items()}
        same = self.settings.model_dump(mode="json", include={"objective", "direction", "stages", "seed"})
        return {**same, "space": space}


def read(path: Path) -> Plan:
    """Read search.yaml and hold it against params.yaml and dvc.yaml in this folder.

    Raises:
        SearchFileWrong: lists every wrong key.
        ParameterError: params.yaml itself cannot be read.
    """
    try:
        settings = base.validated(Settings, base.load_params(path), path=path)
    except base.ParameterError as error:
        raise SearchFileWrong(path, error.problems) from error
    parameters = base.load_params()
    stages: dict[str, Any] = base.load_params(PIPELINE)["stages"]
    found: list[str] = []
    file, _, key = settings.objective.partition(":")
    maker = next((name for name, stage in stages.items() if file in _outputs(stage)), None)
    if maker is None:
        files = sorted({out for stage in stages.values() for out in _outputs(stage) if out.endswith(".json")})
        found.append(f"objective: no stage writes {file}{base.nearest(file, files)}; there are: {', '.join(files)}")
    else:
        found += _missing_metric(Path(file), key)
    known = list(stages)
    for name in settings.stages:
        if name not in stages:
            found.append(f"stages: there is no stage {name}{base.nearest(name, known)}; there are: {', '.join(known)}")
    if settings.pruning.curve not in stages:
        found.append(f"pruning.curve: there is no stage {settings.pruning.curve}; name pretrain, train or control")
    read_here = _sections_read(stages, maker) if maker else None
    space = {}
    for name, value in settings.space.items():
        try:
            space[name] = dimension(name, value, parameters)
        except base.ParameterError as error:
            found += error.problems
            continue
        section = name.partition(".")[0]
        if read_here is not None and section not in read_here:
            found.append(f"space.{name}: no stage that {file} comes from reads the section {section}")
    if found:
        raise SearchFileWrong(path, found)
    assert maker
    return Plan(path, settings, space, list(dict.fromkeys([maker, *settings.stages])))


def dimension(key: str, value: object, parameters: dict[str, Any]) -> Range | list[Scalar]:
    """One entry of the space.

    Args:
        key: a dotted key of params.yaml.
        value: as search.yaml has it.
        parameters: the parsed params.yaml.

    Raises:
        ParameterError: the key is not in params.yaml, or a value is none that it may take.
    """
    here = flat(parameters)
    if key not in here:
        raise base.ParameterError([f"space.{key}: params.yaml has no such key{base.nearest(key, list(here))}"])
    found: Range | list[Scalar]
    if isinstance(value, list):
        if not value or not all(isinstance(each, Scalar) for each in value):
            raise base.ParameterError([f"space.{key}: found {base.shown(value)}; list plain values, at least one"])
        if any(isinstance(each, float) and not math.isfinite(each) for each in value):
            raise base.ParameterError([f"space.{key}: found {base.shown(value)}; a value is not finite"])
        found = tries = value
    elif isinstance(value, dict):
        found = base.validated(Range, value, f"space.{key}")
        if isinstance(here[key], float):  # `low: 0, high: 1` means the numbers between, too
            found = found.model_copy(update={"low": float(found.low), "high": float(found.high)})
        tries = found.ends
    else:
        raise base.ParameterError([f"space.{key}: found {base.shown(value)}; give a list of values, or low and high"])
    wrong = [
        f"space.{line}"
        for each in tries
        for line in problems(with_values(parameters, {key: each}))
        if line.startswith(f"{key}:")  # other lines are about combinations, which another key may set right
    ]
    if wrong:
        raise base.ParameterError(wrong)
    return found


def with_values(parameters: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A parameter file with other values for some dotted keys, which it must have."""
    changed: dict[str, Any] = json.loads(json.dumps(parameters))
    for key, value in values.items():
        *way, last = key.split(".")
        section = changed
        for part in way:
            section = section[part]
        section[last] = value
    return changed


def _missing_metric(file: Path, key: str) -> list[str]:
    try:
        known = [
            name for name, value in flat(json.loads(file.read_text(encoding="utf-8"))).items() if _is_number(value)
        ]
    except (OSError, ValueError, AttributeError):  # not run here yet
        return []
    if key in known:
        return []
    return [f"objective: {file} has no number {key}{base.nearest(key, known)}; there are: {', '.join(known)}"]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _outputs(stage: dict[str, Any]) -> list[str]:
    listed = [*stage.get("outs", []), *stage.get("metrics", []), *stage.get("plots", [])]
    return [next(iter(out)) if isinstance(out, dict) else out for out in listed]


def _sections_read(stages: dict[str, Any], target: str) -> set[str]:
    sections: set[str] = set()
    needed, waiting = set(), [target]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        sections.update(stages[name].get("params", []))
        for path in stages[name].get("deps", []):
            waiting += [other for other, stage in stages.items() if any(lies_in(path, out) for out in _outputs(stage))]
    return sections
