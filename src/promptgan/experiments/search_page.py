"""The page of a study: one HTML file that needs nothing else, the same for the same study."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from promptgan.experiments.search_study import best_trial, experiment, shown, tied
from promptgan.reporting.pictures import INK, svg

if TYPE_CHECKING:
    import optuna
    from matplotlib.axes import Axes
    from optuna.trial import FrozenTrial

COLOUR, FAINT = "#3b82c4", "#8a8a8a"
FEWEST = 4
"""Finished trials below which the importance of parameters is not drawn: it would be noise."""
STATES = {"COMPLETE": "finished", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}


def page(study: "optuna.Study") -> str:
    """The HTML of a study's index.html."""
    plan = study.user_attrs["plan"]
    finished = [trial for trial in study.trials if trial.state.name == "COMPLETE"]
    keys = list(plan["space"])
    watched = study.user_attrs["watched"]
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
        name=study.study_name,
        plan=plan,
        keys=keys,
        seed=plan["seed"],
        origin=study.user_attrs["origin"],
        apply=study.user_attrs["apply"],
        best=best_trial(study),
        tied=tied(study),
        experiment=experiment,
        trials=[_row(trial) for trial in study.trials],
        counts=Counter(STATES[trial.state.name] for trial in study.trials),
        history=_history(finished, plan) if finished else "",
        importance=_importance(study, keys) if len(finished) >= FEWEST and len(keys) > 1 else "",
        fewest=FEWEST,
        watched=watched,
        curves=_curves(study.trials, watched) if watched else "",
        slices=[_slice(study.trials, key, plan) for key in keys] if finished else [],
    )


def _row(trial: "FrozenTrial") -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": STATES[trial.state.name],
        "value": trial.value if trial.state.name == "COMPLETE" else None,
        "minutes": trial.user_attrs.get("seconds", 0.0) / 60,
        "reason": trial.user_attrs.get("reason", ""),
        "params": trial.params,
    }


def _history(finished: "list[FrozenTrial]", plan: dict[str, Any]) -> str:
    from matplotlib.ticker import MaxNLocator

    better = max if plan["direction"] == "maximize" else min
    numbers = [trial.number for trial in finished]
    values = [trial.value or 0.0 for trial in finished]
    best = [better(values[: place + 1]) for place in range(len(values))]

    def draw(axes: "Axes") -> None:
        axes.step(numbers, best, where="post", color=COLOUR, label="best so far")
        axes.plot(numbers, values, "o", color=FAINT, label="a trial")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("trial")
        axes.set_ylabel(plan["objective"].partition(":")[2])
        axes.legend(frameon=False, labelcolor=INK)

    return svg(draw, "history")


def _curves(trials: "list[FrozenTrial]", watched: dict[str, Any]) -> str:
    """The curve that the pruner watched, of every trial; nothing where there is none."""
    seen = [trial for trial in trials if len(trial.intermediate_values) > 1]
    if not seen:
        return ""
    looks = {True: ("-", COLOUR, "finished"), False: ("--", FAINT, "pruned or failed")}

    def draw(axes: "Axes") -> None:
        labelled = set()
        for trial in seen:
            style, colour, label = looks[trial.state.name == "COMPLETE"]
            steps = sorted(trial.intermediate_values)
            values = [watched["sign"] * trial.intermediate_values[step] for step in steps]
            shown_once = None if label in labelled else label
            axes.plot(steps, values, style, color=colour, alpha=0.7, label=shown_once)
            axes.annotate(f"t{trial.number}", (steps[-1], values[-1]), color=INK, fontsize=8)
            labelled.add(label)
        axes.set_xlabel("step")
        axes.set_ylabel(watched["column"])
        axes.legend(frameon=False, labelcolor=INK)

    return svg(draw, "curves")


def _importance(study: "optuna.Study", keys: list[str]) -> str:
    from optuna.importance import get_param_importances

    shares = get_param_importances(study, params=keys)

    def draw(axes: "Axes") -> None:
        names = list(reversed(shares))
        axes.barh(names, [shares[name] for name in names], color=COLOUR)
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of the importance")

    return svg(draw, "importance")


def _slice(trials: "list[FrozenTrial]", key: str, plan: dict[str, Any]) -> str:
    dimension = plan["space"][key]
    finished = [trial for trial in trials if trial.state.name == "COMPLETE" and key in trial.params]
    other = [trial.params[key] for trial in trials if trial.state.name in ("PRUNED", "FAIL") and key in trial.params]
    choices = [str(value) for value in dimension] if isinstance(dimension, list) else None

    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    def at(value: Any) -> float:
        return choices.index(str(value)) if choices else float(value)

    def draw(axes: "Axes") -> None:
        axes.plot([at(t.params[key]) for t in finished], [t.value or 0.0 for t in finished], "o", color=COLOUR)
        if other:  # those without a value stand at the foot
            foot = axes.get_xaxis_transform()
            axes.plot([at(v) for v in other], [0.02] * len(other), "x", color=FAINT, transform=foot, label="no value")
            axes.legend(frameon=False, labelcolor=INK)
        if choices:
            axes.set_xticks(range(len(choices)), choices)
            axes.set_xlim(-0.5, len(choices) - 0.5)
        else:
            if dimension["log"]:
                axes.set_xscale("log")
                axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
                axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_xlim(*_with_margin(dimension["low"], dimension["high"], dimension["log"]))
        axes.set_xlabel(key)
        axes.set_ylabel(plan["objective"].partition(":")[2])

    return svg(draw, f"slice-{key}")


def _with_margin(low: float, high: float, log: bool) -> tuple[float, float]:
    if log:
        factor = (high / low) ** 0.03
        return low / factor, high * factor
    return low - 0.03 * (high - low), high + 0.03 * (high - low)
