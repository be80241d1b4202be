"""A study in SQLite: what was tried, what the sampler and the pruner say, and the best, written into params.yaml."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan.core.errors import PromptganError
from promptgan.core.flat import flat
from promptgan.core.parameters import PARAMS_FILE, ParameterError, load_params
from promptgan.experiments.search_settings import Direction, Pruning
from promptgan.recipes import presets

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

FOLDER = Path(".dvc/tmp/search")


class NothingFinished(PromptganError):
    """No trial of the study has a value, or there is no such study."""


def open_study(name: str, direction: Direction | None = None) -> "optuna.Study":
    """The study of this name, from its database; made where ``direction`` says how to judge a new one.

    Raises:
        NothingFinished: there is no such study and ``direction`` is None.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = FOLDER / f"{name}.db"
    if direction is None and not path.exists():
        raise NothingFinished(f"there is no study {name} here", "run `promptgan search` with its file first")
    path.parent.mkdir(parents=True, exist_ok=True)
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    return optuna.create_study(storage=storage, study_name=name, direction=direction or "maximize", load_if_exists=True)


def apply(name: str, path: Path = PARAMS_FILE) -> tuple[str, list[presets.Change], int]:
    """Write the best trial's values into the parameter file, whose comments stay.

    Returns:
        The name of the best trial's experiment, what changed, and how many trials there are where all are equal.

    Raises:
        NothingFinished: no trial has a value.
        ParameterError: the values do not fit this parameter file; nothing is written.
    """
    study = open_study(name)
    best = best_trial(study)
    if best is None:
        raise NothingFinished(f"no trial of {name} has finished", "run `promptgan search` with its file")
    here = dict(flat(load_params(path)))
    if gone := [f"{key}: the study tried it, and it is not in this file" for key in best.params if key not in here]:
        raise ParameterError(gone, path)
    return experiment(name, best.number), presets.set_values(best.params, path), tied(study)


def best_trial(study: "optuna.Study") -> "FrozenTrial | None":
    """The finished trial with the best value, the first of equal ones; None where there is none."""
    return study.best_trial if finished(study) else None


def tied(study: "optuna.Study") -> int:
    """How many trials have finished, where these are several and all have the same value; else 0."""
    values = [trial.value for trial in finished(study)]
    return len(values) if len(values) > 1 and len(set(values)) == 1 else 0


def finished(study: "optuna.Study") -> "list[FrozenTrial]":
    """The trials that have a value."""
    return [trial for trial in study.trials if trial.state.name == "COMPLETE"]


def verdict(study: "optuna.Study") -> str:
    """The best value and its experiment, or that none is better; nothing before a trial has finished."""
    if (best := best_trial(study)) is None:
        return ""
    if count := tied(study):
        return f"all {count} are equal: {shown(best.value)}"
    return f"best {shown(best.value)}, {experiment(study.study_name, best.number)}"


def experiment(name: str, number: int) -> str:
    """The name of a trial's experiment."""
    return f"{name}-t{number}"


def sampler(seed: int, number: int) -> "optuna.samplers.BaseSampler":
    """The sampler of one trial: one for all would, after a restart, propose the first trials again."""
    import optuna

    digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
    return optuna.samplers.TPESampler(seed=int.from_bytes(digest[:4], "big"))


def pruner(pruning: Pruning, maximize: bool, sign: float) -> "optuna.pruners.BasePruner":
    """Optuna's pruner of these settings.

    Args:
        pruning: the settings.
        maximize: whether the study's direction is maximize.
        sign: -1 where the curve's direction is the opposite; its values are reported times this.
    """
    from optuna.pruners import MedianPruner, NopPruner, ThresholdPruner

    if pruning.pruner == "median":
        return MedianPruner(pruning.startup_trials, pruning.warmup_steps)
    if pruning.limit is None:
        return NopPruner()
    bound = sign * pruning.limit
    lower, upper = (bound, None) if maximize else (None, bound)
    return ThresholdPruner(lower, upper, n_warmup_steps=pruning.warmup_steps)


def shown(value: object) -> str:
    """A value as progress lines and the page show it: enough digits to know it again in params.yaml."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
