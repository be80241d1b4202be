"""The page of a study: one HTML file that needs nothing else, the same for the same study; Optuna draws it."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from promptgan.experiments.search_study import best_trial, experiment, finished, shown, tied
from promptgan.reporting.page import templates
from promptgan.reporting.pictures import element

if TYPE_CHECKING:
    import optuna

FEWEST = 4
"""Finished trials below which the importance of parameters is not drawn: it would be noise."""
STATES = {"COMPLETE": "finished", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}


def page(study: "optuna.Study") -> str:
    """The HTML of a study's index.html."""
    environment = templates("promptgan.experiments")
    environment.filters["shown"] = shown
    return environment.get_template("search.html").render(
        name=study.study_name,
        **study.user_attrs,
        keys=list(study.user_attrs["plan"]["space"]),
        best=best_trial(study),
        tied=tied(study),
        experiment=experiment,
        trials=study.trials,
        states=STATES,
        counts=Counter(STATES[trial.state.name] for trial in study.trials),
        figures=list(_figures(study)),
        fewest=FEWEST,
    )


def _figures(study: "optuna.Study") -> Iterator[tuple[str, str]]:
    """Pictures and what stands below them."""
    from optuna.importance import PedAnovaImportanceEvaluator
    from optuna.visualization import matplotlib as draw

    plan, watched = study.user_attrs["plan"], study.user_attrs["watched"]
    done, title = len(finished(study)), plan["objective"].partition(":")[2]
    if done:
        picture = _svg(partial(draw.plot_optimization_history, study, target_name=title), "history")
        yield picture, "Every finished trial, and the best so far."
    if watched and any(len(trial.intermediate_values) > 1 for trial in study.trials):
        told = f"{watched['column']} of {watched['stage']}, which the pruner watched, for every trial that ran."
        yield _svg(partial(draw.plot_intermediate_values, study), "curves"), "minus " * (watched["sign"] < 0) + told
    if done >= FEWEST and len(plan["space"]) > 1 and not tied(study):
        evaluator = PedAnovaImportanceEvaluator()
        picture = _svg(partial(draw.plot_param_importances, study, evaluator=evaluator), "importance")
        yield picture, "Which parameters set the better trials apart from the rest (PED-ANOVA, arXiv:2304.10255)."
    for key in plan["space"] if done else ():
        picture = _svg(partial(draw.plot_slice, study, params=[key], target_name=title), f"slice-{key}")
        yield picture, f"The value over {key}; the other parameters differ from point to point."


def _svg(draw: Callable[[], Any], name: str) -> str:
    """What Optuna draws, as an SVG element that is the same for the same study."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are experimental, says Optuna
        figure = draw().get_figure()
        figure.tight_layout()
    text = element(figure, name)
    pyplot.close(figure)
    return text
