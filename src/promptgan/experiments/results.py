"""A finished run against the committed results: the same bytes, or metrics within tolerance on another kind of CPU."""

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan import base, git
from promptgan.lineage.lock import LOCK

TOLERANCES = {
    "metrics/validation.json:*": 0.0,
    "metrics/evaluation.json:verdict*": math.inf,
    "*signature*": math.inf,
    "*stopped*": math.inf,
    "*best_step*": math.inf,
    "*nll*": 0.03,
    "*steps*": 1.0,
    "*epoch*": 1.0,
    "*": 0.25,
}
"""Largest relative difference of a metric, by the first pattern that `FILE:KEY` matches. What a CPU computes
differs in the last bit from one kind to another, and training amplifies it: data does not change, likelihoods hardly,
what is counted in samples by its sampling error. Sentences that quote such numbers, and where a training stopped, may
be any others. A difference is relative to the larger value, or to 0.1 where both
are less."""


FEW = 10
"""Differing parameters that an error lists."""


class NothingToCompare(base.PromptganError):
    """There is no committed result, no finished run, or the two do not go together."""


class OtherParameters(NothingToCompare):
    """The two are runs of different parameters."""

    def __init__(self, recipes: list[str], differing: dict[str, tuple[Any, Any]]) -> None:
        """
        Args:
            recipes: what params.yaml calls the committed run and the one here; empty where it does not say.
            differing: by key, the committed value and the one here.
        """
        committed, here = recipes
        said = "the committed results are of other parameters than this run"
        if committed and here and committed != here:
            said = f"the committed results are of recipe {committed}, and this run is of recipe {here}"
        lines = [
            f"  {key}: committed {theirs!r}, here {mine!r}" for key, (theirs, mine) in sorted(differing.items())[:FEW]
        ]
        if len(differing) > FEW:
            lines.append(f"  and {len(differing) - FEW} more")
        super().__init__(
            "\n".join([f"{said}: they are not comparable; {len(differing)} parameter(s) differ", *lines]),
            "`promptgan exp diff HEAD workspace` sets them side by side; for the committed run"
            " `git checkout params.yaml`, `make run`, then compare again",
        )


@dataclass(frozen=True)
class Metric:
    """A metric of both runs; None where a run lacks it."""

    key: str
    committed: float | str | bool | None
    here: float | str | bool | None
    difference: float
    """Relative, or infinite where the values are not two numbers."""
    tolerance: float

    @property
    def within(self) -> bool:
        """Whether the difference is one that another kind of CPU explains."""
        return self.difference <= self.tolerance


@dataclass(frozen=True)
class Comparison:
    """What `promptgan check-results` found."""

    different: list[str]
    """Outputs whose content differs; none means identical."""
    metrics: list[Metric]
    """Metrics that differ."""

    @property
    def identical(self) -> bool:
        """Whether every output has the same bytes."""
        return not self.different

    @property
    def passed(self) -> bool:
        """Whether the run reproduces the committed one."""
        return all(metric.within for metric in self.metrics)


def compare(revision: str = "HEAD") -> Comparison:
    """Compare dvc.lock and the metrics in this folder with those of a Git revision.

    Raises:
        NothingToCompare: either is missing.
        OtherParameters: they are runs of different parameters.
    """
    committed = _yaml(_at(revision, LOCK), f"{revision}:{LOCK}")
    if not LOCK.exists():
        raise NothingToCompare("there is no finished run here: dvc.lock is missing", "run `make run` first")
    here = _yaml(LOCK.read_text(encoding="utf-8"), str(LOCK))
    unfinished = [stage for stage in committed if stage not in here]
    if unfinished:
        raise NothingToCompare(f"not run here yet: {', '.join(unfinished)}", "run `make run` first")
    mine, theirs = (_parameters(lock) for lock in (here, committed))
    places = sorted(mine.keys() | theirs.keys())
    if differing := {p[1]: (theirs.get(p), mine.get(p)) for p in places if theirs.get(p) != mine.get(p)}:
        recipes = [_recipe(lambda: _at(revision, base.PARAMS_FILE)), _recipe(base.PARAMS_FILE.read_text)]
        raise OtherParameters(recipes, differing)
    different = sorted(
        path
        for stage in committed
        for path, md5 in _outs(committed[stage]).items()
        if _outs(here[stage]).get(path) != md5
    )
    return Comparison(
        different, [metric for metric in _metrics(revision) if metric.difference > 0] if different else []
    )


def _metrics(revision: str) -> Iterator[Metric]:
    listed = _git("ls-tree", "--name-only", revision, "metrics/").split()
    for name in sorted({*listed, *(path.as_posix() for path in Path("metrics").glob("*.json"))}):
        committed = dict(_flat(json.loads(_at(revision, Path(name))))) if name in listed else {}
        here = dict(_flat(json.loads(Path(name).read_text(encoding="utf-8")))) if Path(name).exists() else {}
        for key in sorted(committed.keys() | here.keys()):
            a, b = committed.get(key), here.get(key)
            address = f"{name}:{key}"
            tolerance = next(value for pattern, value in TOLERANCES.items() if fnmatchcase(address, pattern))
            yield Metric(address, a, b, _difference(a, b), tolerance)


def _difference(a: object, b: object) -> float:
    if a == b and type(a) is type(b):
        return 0.0
    numbers = [x for x in (a, b) if isinstance(x, int | float) and not isinstance(x, bool)]
    if len(numbers) < 2:
        return math.inf
    return abs(numbers[0] - numbers[1]) / max(abs(numbers[0]), abs(numbers[1]), 0.1)


def _parameters(lock: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """Values by stage and key."""
    sections = [(stage, values) for stage in lock for values in lock[stage].get("params", {}).values()]
    return {(stage, key): value for stage, values in sections for key, value in _flat(values)}


def _recipe(read: Callable[[], str]) -> str:
    try:
        found = re.search(r"^recipe: *([\w.-]+)", read(), re.MULTILINE)
    except (OSError, NothingToCompare):
        return ""
    return found[1] if found else ""


def _outs(stage: dict[str, Any]) -> dict[str, str]:
    return {out["path"]: out["md5"] for out in stage.get("outs", [])}


def _flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(values, dict | list):
        for key, value in values.items() if isinstance(values, dict) else enumerate(values):
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, values


def _yaml(text: str, name: str) -> dict[str, Any]:
    try:
        stages: dict[str, Any] = YAML(typ="safe", pure=True).load(text)["stages"]
    except (YAMLError, TypeError, KeyError) as error:
        raise NothingToCompare(f"{name} cannot be read", "restore it with `git checkout dvc.lock`") from error
    return stages


def _at(revision: str, path: Path) -> str:
    return _git("show", f"{revision}:./{path.as_posix()}")


def _git(*arguments: str) -> str:
    try:
        return git.text(*arguments)
    except git.GitFailed as error:
        raise NothingToCompare(error.problem, "run this in a clone whose HEAD holds dvc.lock and metrics/") from error
