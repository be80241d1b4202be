"""Experiments in one table a person can read, from `dvc exp show`; and two of them side by side."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from promptgan import git
from promptgan.experiments.makeup import flat
from promptgan.experiments.programs import dvc
from promptgan.reporting.explanations import EXPLANATIONS

WIDTH = 100
WORKSPACE = "workspace"
PARAMETERS, EVALUATION = "params.yaml", "metrics/evaluation.json"
SYSTEMS = {"adversarial": "adv.", "twin": "twin"}
TITLES = {"ms_jaccard": "MS-J", "relevance": "relev.", "nll": "NLL", "bleu_4": "BLEU-4", "self_bleu_4": "S-BLEU"}
"""Metrics that are shown, and what stands above them."""
OWN_COLUMN = ("recipe", "data")
"""Keys and sections that have a column of their own."""
FEW = 4
"""Up to so many parameters that differ are all shown; of more, those that differ within a preset: the rest is what
presets differ in."""
EMPTY = "–"


@dataclass(frozen=True)
class Row:
    """An experiment, or the workspace."""

    name: str
    state: str = ""
    """What DVC says about one that has not ended well: queued, running, failed."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """By dotted name."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """The systems of metrics/evaluation.json; nothing where it was not evaluated."""

    @property
    def recipe(self) -> str:
        """The preset it came from."""
        return str(self.parameters.get("recipe", EMPTY))

    @property
    def data(self) -> str:
        """Its data set."""
        return str(self.parameters.get("data.file") or self.parameters.get("data.name", EMPTY))

    def value(self, system: str, metric: str) -> float | None:
        """A headline number; None where there is none."""
        values = self.metrics.get(system)
        return values.get(metric) if isinstance(values, dict) else None


def rows() -> list[Row]:
    """The workspace and every experiment of this repository, whatever commit it hangs on.

    Raises:
        CommandFailed, GitFailed: DVC or Git refused.
    """
    baselines = dict.fromkeys([git.text("rev-parse", "HEAD").strip(), *(baseline for baseline, _ in _references())])
    revisions = [word for baseline in baselines for word in ("--rev", baseline)]
    shown = json.loads(dvc("exp", "show", "--json", *revisions))
    workspace = next((_row(WORKSPACE, commit) for commit in shown if commit["rev"] == WORKSPACE), Row(WORKSPACE))
    experiments = (
        _row(experiment["name"] or experiment["revs"][0]["rev"][:7], experiment["revs"][0], experiment["executor"])
        for commit in shown
        for experiment in commit["experiments"] or []
    )
    return [workspace, *sorted(experiments, key=lambda row: row.name)]


def show(console: Console | None = None) -> None:
    """Print the table; plain where the output is no terminal.

    Raises:
        CommandFailed, GitFailed: DVC or Git refused.
    """
    console = console or _console()
    found = rows()
    console.print(_table(found))
    if len(found) == 1:
        console.print(
            "there is no experiment yet: `promptgan compare text-hinge` runs a preset, "
            "`dvc exp run -S train.objective=hinge` tries a change",
            markup=False,
        )


def diff(a: str, b: str, console: Console | None = None) -> None:
    """Print the parameters and metrics in which two experiments, commits or the workspace differ.

    Raises:
        CommandFailed: DVC knows no such experiment or commit.
    """
    console = console or _console()
    found = json.loads(dvc("exp", "diff", "--json", _revision(a), _revision(b)))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", a, b, "change"):
        table.add_column(title, justify="left" if not title else "right", overflow="fold")
    for kind in ("params", "metrics"):
        for file, values in sorted(found.get(kind, {}).items()):
            short = "" if kind == "params" else f"{file.removeprefix('metrics/').removesuffix('.json')}: "
            for key, sides in sorted(values.items()):
                old, new = sides.get("old"), sides.get("new")
                table.add_row(f"{short}{key}", _shown(old), _shown(new), _change(old, new))
    if not table.rows:
        console.print("they have the same parameters and metrics", markup=False)
        return
    console.print(table)
    console.print(f"curves of both in one page: dvc plots diff {a} {b}", markup=False)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def _references() -> list[tuple[str, str]]:
    """Baseline and name of every experiment, the latest last."""
    listed = git.text("for-each-ref", "--sort=committerdate", "--format=%(refname)", "refs/exps/").split()
    parts = [reference.split("/", 4) for reference in listed]
    return [(p[2] + p[3], p[4]) for p in parts if len(p) == 5 and len(p[2] + p[3]) == 40]


def _revision(name: str) -> str:
    """What DVC finds one commit for: of experiments with the same name that on HEAD, else the latest."""
    baselines = [baseline for baseline, other in _references() if other == name]
    if not baselines:
        return name
    head = git.text("rev-parse", "HEAD").strip()
    chosen = head if head in baselines else baselines[-1]
    return git.text("rev-parse", f"refs/exps/{chosen[:2]}/{chosen[2:]}/{name}").strip()


def _row(name: str, commit: dict[str, Any], executor: dict[str, Any] | None = None) -> Row:
    data = commit.get("data") or {}
    parameters = (data.get("params") or {}).get(PARAMETERS, {}).get("data") or {}
    evaluation = (data.get("metrics") or {}).get(EVALUATION, {}).get("data") or {}
    state = (executor or {}).get("state", "failed" if commit.get("error") else "")
    metrics = evaluation.get(parameters.get("modality"), {})
    return Row(name, "" if state == "success" else state, dict(flat(parameters)), metrics)


def varied(found: Sequence[Row]) -> list[str]:
    """Dotted names of the parameters to show: all that differ between rows, or, of many, those that differ within a
    preset."""
    known = [row for row in found if row.parameters]
    keys = dict.fromkeys(key for row in known for key in row.parameters if key.split(".")[0] not in OWN_COLUMN)
    differing = [key for key in keys if _differ(key, known)]
    if len(differing) <= FEW:
        return differing
    recipes = {row.recipe for row in known}
    return [key for key in differing if any(_differ(key, [r for r in known if r.recipe == name]) for name in recipes)]


def _differ(key: str, found: Sequence[Row]) -> bool:
    return len({json.dumps(row.parameters.get(key)) for row in found}) > 1


def best(found: Sequence[Row]) -> set[tuple[str, str]]:
    """Names of rows and metrics of the best adversarial numbers among the rows of a data set, where one way is better.

    Numbers that are all the same are none of them best.
    """
    marked = set()
    for metric in TITLES:
        choose = {"↑": max, "↓": min}.get(_direction(metric))
        for data in {row.data for row in found} if choose else ():
            values = {r.name: v for r in found if r.data == data and (v := r.value("adversarial", metric)) is not None}
            if choose and len(set(values.values())) > 1:
                marked |= {(name, metric) for name, value in values.items() if value == choose(values.values())}
    return marked


def _table(found: Sequence[Row]) -> Table:
    keys, marked = varied(found), best(found)
    names = _short(keys)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("experiment", overflow="fold")
    for title in ("recipe", "data", *(["differs in"] if keys else [])):
        table.add_column(title, overflow="fold")
    table.add_column("", no_wrap=True)
    for metric, title in TITLES.items():
        table.add_column(f"{title} {_direction(metric)}".strip(), justify="right", no_wrap=True)
    for row in found:
        cells = [row.name + (f" ({row.state})" if row.state else ""), row.recipe, row.data]
        if keys:
            cells.append("\n".join(f"{names[k]} {row.parameters[k]}" for k in keys if k in row.parameters))
        numbers = [
            Text("\n").join(_cell(row, system, metric, (row.name, metric) in marked) for system in SYSTEMS)
            for metric in TITLES
        ]
        table.add_row(*cells, "\n".join(SYSTEMS.values()), *numbers)
    return table


def _cell(row: Row, system: str, metric: str, marked: bool) -> Text:
    value = row.value(system, metric)
    if value is None:
        return Text(EMPTY)
    mine = system == "adversarial"
    return Text(f"{'*' if marked and mine else ''}{value:.4f}", "bold" if marked and mine else "" if mine else "dim")


def _direction(metric: str) -> str:
    direction = EXPLANATIONS.get(metric, ("", ""))[0]
    return direction if direction in ("↑", "↓") else ""


def _short(keys: Sequence[str]) -> dict[str, str]:
    """The last part of each dotted name, or all of it where two would look the same."""
    last = Counter(key.rpartition(".")[2] for key in keys)
    return {key: name if last[name := key.rpartition(".")[2]] == 1 else key for key in keys}


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return EMPTY if value is None else str(value)


def _change(old: object, new: object) -> str:
    numbers = [x for x in (old, new) if isinstance(x, int | float) and not isinstance(x, bool)]
    return f"{numbers[1] - numbers[0]:+.4g}" if len(numbers) == 2 else ""
