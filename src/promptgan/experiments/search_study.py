"""A study in SQLite: what was tried, what sampler and pruner say, its page, and the best, written into params.yaml."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptgan.core.errors import PromptganError
from promptgan.core.flat import flat
from promptgan.core.parameters import ParameterError, load_params
from promptgan.experiments.search_settings import Direction, Pruning
from promptgan.experiments.table import shown
from promptgan.recipes import presets
from promptgan.reporting.page import templates
from promptgan.reporting.pictures import element

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

FOLDER = Path(".dvc/tmp/search")
FEWEST = 4
"""Finished trials below which the importance of parameters is not drawn: it would be noise."""
STATES = {"COMPLETE": "finished", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}


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


def apply(name: str) -> tuple[str, list[presets.Change], int]:
    """Write the best trial's values into params.yaml, whose comments stay.

    Returns:
        The name of the best trial's experiment, what changed, and how many trials there are where all are equal.

    Raises:
        NothingFinished: no trial has a value.
        ParameterError: the values do not fit this parameter file; nothing is written.
    """
    study = open_study(name)
    best, tied = standing(study)
    if best is None:
        raise NothingFinished(f"no trial of {name} has finished", "run `promptgan search` with its file")
    here = dict(flat(load_params()))
    if gone := [f"{key}: the study tried it, and it is not in this file" for key in best.params if key not in here]:
        raise ParameterError(gone)
    return experiment(name, best.number), presets.set_values(best.params), tied


def standing(study: "optuna.Study") -> "tuple[FrozenTrial | None, int]":
    """The finished trial with the best value, the first of equal ones, and how many there are where all are equal.

    None before a trial has finished, and 0 where trials differ or there is one alone.
    """
    values = [trial.value for trial in study.trials if trial.state.name == "COMPLETE"]
    tied = len(values) > 1 and len(set(values)) == 1
    return study.best_trial if values else None, len(values) if tied else 0


def verdict(study: "optuna.Study") -> str:
    """The best value and its experiment, or that none is better; nothing before a trial has finished."""
    best, tied = standing(study)
    if best is None:
        return ""
    if tied:
        return f"all {tied} are equal: {shown(best.value)}"
    return f"best {shown(best.value)}, {experiment(study.study_name, best.number)}"


def experiment(name: str, number: int) -> str:
    """The name of a trial's experiment."""
    return f"{name}-t{number}"


def pruner(pruning: Pruning, maximize: bool, sign: float) -> "optuna.pruners.BasePruner":
    """Optuna's pruner of these settings; its median one looks at the best value of a trial so far, not at the last.

    The values of the curve are reported times ``sign``, which is -1 where its direction is not the study's.
    """
    from optuna.pruners import MedianPruner, NopPruner, ThresholdPruner

    if pruning.pruner == "median":
        return MedianPruner(pruning.startup_trials, pruning.warmup_steps)
    if pruning.limit is None:
        return NopPruner()
    bound = sign * pruning.limit
    lower, upper = (bound, None) if maximize else (None, bound)
    return ThresholdPruner(lower, upper, n_warmup_steps=pruning.warmup_steps)


def page(study: "optuna.Study") -> str:
    """The HTML of a study's index.html, which needs nothing else and is the same for the same study."""
    best, tied = standing(study)
    counts = Counter(STATES[trial.state.name] for trial in study.trials)
    environment = templates("promptgan.experiments")
    environment.filters["shown"] = shown
    return environment.get_template("search.html").render(
        name=study.study_name,
        **study.user_attrs,
        keys=list(study.user_attrs["plan"]["space"]),
        best=best,
        tied=tied,
        experiment=experiment,
        trials=study.trials,
        states=STATES,
        counts=counts,
        figures=list(_figures(study, counts["finished"], tied)),
        fewest=FEWEST,
    )


def _figures(study: "optuna.Study", done: int, tied: int) -> Iterator[tuple[str, str]]:
    """What Optuna draws, as SVG elements, and what stands below them."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot
    from matplotlib import style as styles
    from optuna.importance import PedAnovaImportanceEvaluator
    from optuna.visualization import matplotlib as draw

    plan, watched = study.user_attrs["plan"], study.user_attrs["watched"]
    title = {"target_name": plan["objective"].partition(":")[2]}
    wanted: list[tuple[Callable[..., Any], dict[str, Any], str]] = []
    if done:
        wanted.append((draw.plot_optimization_history, title, "Every finished trial, and the best so far."))
    if watched and any(len(trial.intermediate_values) > 1 for trial in study.trials):
        told = f"{watched['column']} of {watched['stage']}, which the pruner watched, for every trial that ran."
        wanted.append((draw.plot_intermediate_values, {}, "minus " * (watched["sign"] < 0) + told))
    if done >= FEWEST and len(plan["space"]) > 1 and not tied:
        told = "Which parameters set the better trials apart from the rest (PED-ANOVA, arXiv:2304.10255)."
        wanted.append((draw.plot_param_importances, {"evaluator": PedAnovaImportanceEvaluator()}, told))
    for key in plan["space"] if done else ():
        told = f"The value over {key}; the other parameters differ from point to point."
        wanted.append((draw.plot_slice, {"params": [key], **title}, told))
    for place, (plot, options, told) in enumerate(wanted):
        with (
            warnings.catch_warnings(),
            styles.context("default"),
        ):  # Optuna changes what is drawn later
            warnings.simplefilter("ignore")  # they are experimental, says Optuna
            figure = plot(study, **options).get_figure()
            figure.tight_layout()
            drawn = element(figure, f"figure-{place}")
            pyplot.close(figure)
        yield drawn, told
