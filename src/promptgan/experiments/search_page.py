"""The page of a study: one HTML file that needs nothing else, the same for the same study; Optuna draws it."""

import io
import re
import warnings
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from promptgan.experiments.search_study import best_trial, experiment, finished, shown, tied

if TYPE_CHECKING:
    import optuna

FEWEST = 4
"""Finished trials below which the importance of parameters is not drawn: it would be noise."""
STATES = {"COMPLETE": "finished", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}


def page(study: "optuna.Study") -> str:
    """The HTML of a study's index.html."""
    environment = Environment(
        loader=PackageLoader("promptgan.experiments", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["shown"] = shown
    return environment.get_template("search.html").render(
        study=study,
        name=study.study_name,
        **study.user_attrs,
        keys=list(study.user_attrs["plan"]["space"]),
        best=best_trial(study),
        tied=tied(study),
        experiment=experiment,
        trials=study.trials,
        states=STATES,
        counts=Counter(STATES[trial.state.name] for trial in study.trials),
        figures=_figures(study),
        fewest=FEWEST,
    )


def _figures(study: "optuna.Study") -> list[tuple[str, str]]:
    """Pictures and what stands below them."""
    from optuna.importance import PedAnovaImportanceEvaluator
    from optuna.visualization import matplotlib as draw

    plan, watched = study.user_attrs["plan"], study.user_attrs["watched"]
    done, title = len(finished(study)), plan["objective"].partition(":")[2]
    found = []
    if done:
        picture = _svg(lambda: draw.plot_optimization_history(study, target_name=title), "history")
        found.append((picture, "Every finished trial, and the best so far."))
    if watched and any(len(trial.intermediate_values) > 1 for trial in study.trials):
        minus = "minus " if watched["sign"] < 0 else ""
        told = f"{minus}{watched['column']} of {watched['stage']}, which the pruner watched, for every trial that ran."
        found.append((_svg(lambda: draw.plot_intermediate_values(study), "curves"), told))
    if done >= FEWEST and len(plan["space"]) > 1 and not tied(study):
        evaluator = PedAnovaImportanceEvaluator()
        picture = _svg(lambda: draw.plot_param_importances(study, evaluator=evaluator), "importance")
        told = "Which parameters set the better trials apart from the rest (PED-ANOVA, arXiv:2304.10255)."
        found.append((picture, told))
    for key in plan["space"] if done else ():
        picture = _svg(partial(draw.plot_slice, study, params=[key], target_name=title), f"slice-{key}")
        found.append((picture, f"The value over {key}; the other parameters differ from point to point."))
    return found


def _svg(draw: Callable[[], Any], name: str) -> str:
    """What Optuna draws, as an SVG element that is the same for the same study."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are experimental, says Optuna
        axes = draw()
        target = io.StringIO()
        figure = axes.get_figure()
        figure.savefig(target, format="svg", bbox_inches="tight", metadata=dict.fromkeys(("Date", "Creator")))
        pyplot.close(figure)
    text = target.getvalue()
    text = re.sub(r'<g id="[^"]*">', "<g>", text[text.index("<svg") :])  # names would repeat on the page
    return re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
