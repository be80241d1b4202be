"""A finished run against the committed results: the same bytes, or numbers as another kind of CPU computes them.

What a CPU computes differs in the last bit from one kind to another, and training amplifies it. So a number of
metrics/evaluation.json is held against its own standard error, or against a share of itself where it has none. What
does not depend on the CPU, the data and every flag, must be the same. Standard errors, sentences and the steps at which
a training stopped are not judged: they follow from the others.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.experiments import finished
from promptgan.lineage import lock
from promptgan.lineage.counting import few
from promptgan.terms.audit import NOTHING, differences
from promptgan.terms.metrics import declared
from promptgan.terms.systems import SYSTEMS

EVALUATION, VALIDATION = Path("metrics/evaluation.json"), Path("metrics/validation.json")
COMMITTED = "HEAD"
ERRORS = 4.0
"""Standard errors of a difference that another kind of CPU explains."""
SHARE = 0.03
"""Of a number without a standard error, a likelihood for one, that another kind of CPU explains."""


class NothingToCompare(PromptganError):
    """There is no committed result, no finished run, or the two do not go together."""


class OtherParameters(NothingToCompare):
    """The two are runs of different parameters."""


@dataclass(frozen=True)
class Difference:
    """A value that is not the same in both runs; None where a run lacks it."""

    key: str
    committed: Any
    here: Any
    size: str
    """How large it is, beside what is allowed."""
    within: bool
    """Whether another kind of CPU explains it."""


def compare() -> tuple[list[str], list[Difference]]:
    """Compare dvc.lock and the metrics in this folder with those of `COMMITTED`.

    Returns:
        Outputs whose content differs, none where the runs are identical; and the values that differ in metrics.

    Raises:
        NothingToCompare: a stage has not run here, or not since what it reads was made anew; a file is not the one that
            dvc.lock names, or missing, as all are in a fresh clone; or metrics are not what the stages write.
        OtherParameters: they are runs of different parameters.
        LockUnreadable, RevisionUnknown: dvc.lock or a metrics file is missing, here or there.
    """
    old, new = lock.read(COMMITTED), lock.read()
    if unfinished := [name for name in old.stages if name not in new.stages]:
        raise NothingToCompare(f"not run here yet: {', '.join(unfinished)}", "run `make run` first")
    theirs, mine = ({name: stage.parameters for name, stage in locked.stages.items()} for locked in (old, new))
    if differing := sorted({key.partition(".")[2] for key, _, _ in differences(theirs, mine)}):
        here, there = (finished.parameters(at).get("recipe", "?") for at in (None, COMMITTED))
        raise OtherParameters(
            f"the committed results are of recipe {there}, and this run is of recipe {here} with other parameters: they"
            f" are not comparable; {few(differing, 6)}",
            "`promptgan exp diff HEAD workspace` sets them side by side; for the committed run"
            " `git checkout params.yaml`, `make run`, then compare again",
        )
    if problems := list(finished.mixed(new, [out for _, out in new.outputs()])):
        raise NothingToCompare(
            f"there is no finished run here: {few(problems, between='; ')}",
            "`make run` makes one; `git checkout dvc.lock metrics plots && dvc pull` brings the committed one",
        )
    committed, made = ({out.path: out.md5 for _, out in locked.outputs()} for locked in (old, new))
    different = sorted(path for path, md5 in committed.items() if made.get(path) != md5)
    files = (Path(path) for path in different if Path(path).match("metrics/*.json"))
    return different, [each for path in files for each in _of_file(path)]


def _of_file(path: Path) -> Iterator[Difference]:
    committed, here = _content(path, COMMITTED), _content(path)
    if path == EVALUATION:
        yield from _of_evaluations(committed, here)
        return
    for key, old, new in differences(committed, here):
        if path == VALIDATION or isinstance(old, bool) or isinstance(new, bool):
            a, b = (None if value == NOTHING else value for value in (old, new))
            yield Difference(f"{path.stem} {key}", a, b, "must be the same", within=False)


def _of_evaluations(committed: dict[str, Any], here: dict[str, Any]) -> Iterator[Difference]:
    try:
        measures = declared(here["task"])
        pairs = [(system.name, *(each["systems"].get(system.name) for each in (committed, here))) for system in SYSTEMS]
        errors = [{row["system"]: row for row in each["standard_errors"]} for each in (committed, here)]
    except (KeyError, TypeError, AttributeError) as error:
        raise NothingToCompare(
            f"{EVALUATION} is not what `evaluate` writes: {error!r}", "finish this run with `make run`, then commit it"
        ) from error
    for system, old, new in pairs:
        if not (isinstance(old, dict) and isinstance(new, dict)):
            if isinstance(old, dict) or isinstance(new, dict):  # the reason of a system without numbers is prose
                yield Difference(system, old, new, "numbers in one run alone", within=False)
            continue
        for metric in measures.metrics:
            a, b = old.get(metric.name), new.get(metric.name)
            if a != b and metric.direction != "none":  # which is no measure but a choice
                spread = [each.get(system, {}).get(metric.name) for each in errors]
                yield Difference(f"{system} {metric.name}", a, b, *_size(a, b, spread))


def _size(old: Any, new: Any, spread: list[float | None]) -> tuple[str, bool]:
    """How large a difference is beside what is allowed, and whether it is."""
    if not (isinstance(old, int | float) and isinstance(new, int | float)):
        return "a number in one run alone", False
    if None not in spread and (error := math.hypot(*(each or 0.0 for each in spread))) > 0:
        return f"{abs(new - old) / error:.1f} of at most {ERRORS:g} standard errors", abs(new - old) <= ERRORS * error
    share = abs(new - old) / max(abs(old), abs(new))
    return f"{share:.2%} of at most {SHARE:.0%}", share <= SHARE


def _content(path: Path, revision: str | None = None) -> dict[str, Any]:
    try:
        return dict(json.loads(lock.at_revision(path, revision)))
    except (OSError, ValueError, TypeError) as error:
        where = f"{revision}:{path}" if revision else str(path)
        raise NothingToCompare(f"{where} cannot be read: {error}", f"`git checkout {path}`, or `make run`") from error
