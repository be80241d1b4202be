"""Experiments as rows of a table: the workspace, the commit it is on, and every experiment; and two side by side.

What they are is asked of `dvc exp show`, and what they measured of their dvc.lock.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.flat import flat
from promptgan.experiments import finished
from promptgan.lineage import lock, references
from promptgan.lineage.records import versions
from promptgan.terms.audit import NOTHING
from promptgan.terms.audit import differences as unequal
from promptgan.terms.metrics import Metric, declared
from promptgan.terms.systems import ADVERSARIAL

WORKSPACE, HEAD = "workspace", "HEAD"
PARAMETERS, EVALUATION = "params.yaml", "metrics/evaluation.json"
RAW = "data/raw"
EMPTY = "–"
"""Stands for what is not there."""
OWN_PLACE = ("recipe", "data")
"""Keys and sections that have a place of their own."""
FEW = 4
"""Up to so many parameters that differ are all shown; of more, those that differ within a preset: the rest is what
presets differ in."""
SHORT = 7
"""Digits of a commit."""


class CommandFailed(PromptganError):
    """DVC refused."""


@dataclass(frozen=True)
class Row:
    """An experiment, a commit, or the workspace."""

    name: str
    state: str = ""
    """What DVC says about one that has not ended well: queued, running, failed."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """By dotted name."""
    systems: dict[str, Any] = field(default_factory=dict)
    """Numbers by system; nothing where it was not evaluated."""
    baseline: str = ""
    """The commit that an experiment hangs on."""
    measured: tuple[str, ...] = ()
    """What its numbers can be compared within: the content of the data, and how it was measured."""

    @property
    def recipe(self) -> str:
        """The preset it came from."""
        return str(self.parameters.get("recipe", ""))

    @property
    def task(self) -> str:
        """What it makes; empty where its parameters are not known."""
        return str(self.parameters.get("task", ""))

    @property
    def data(self) -> str:
        """Its data set, by the name that people know."""
        return str(self.parameters.get("data.file") or self.parameters.get("data.name", ""))

    def value(self, system: str, metric: str) -> float | None:
        """A headline number; None where there is none."""
        values = self.systems.get(system)
        return values.get(metric) if isinstance(values, dict) else None


def rows() -> list[Row]:
    """The workspace, HEAD where it is not the same, and every experiment of this repository, whatever it hangs on.

    Numbers that an experiment did not measure, but has from its commit, are left out.

    Raises:
        CommandFailed, GitFailed: DVC or Git refused.
    """
    head = git.text("rev-parse", HEAD).strip()
    baselines = dict.fromkeys([head, *(baseline for baseline, _ in references.experiments())])
    listed = _dvc("exp", "show", "--json", *(word for each in baselines for word in ("--rev", each)))
    found = {commit["rev"]: commit for commit in json.loads(listed)}
    here = [_row(name, found[rev], rev) for name, rev in ((WORKSPACE, WORKSPACE), (HEAD, head))]
    if (here[0].parameters, here[0].systems) == (here[1].parameters, here[1].systems):
        del here[1]
    experiments = []
    for baseline, commit in found.items():
        for each in commit["experiments"] or []:
            last, state = each["revs"][0], (each["executor"] or {}).get("state", "")
            experiments.append(_row(each["name"] or last["rev"][:SHORT], last, last["rev"], state, baseline))
    return [*here, *sorted(experiments, key=lambda row: row.name)]


def leading(found: Sequence[Row]) -> list[Metric]:
    """The metrics that a narrow table shows, of every task that there is."""
    tasks = dict.fromkeys(row.task for row in found if row.systems)
    return list({metric.name: metric for task in tasks for metric in declared(task).metrics if metric.leads}.values())


def varied(found: Sequence[Row]) -> list[str]:
    """Dotted names of the parameters to show: all that differ between rows, or, of many, those that differ within a
    preset."""
    known = [row for row in found if row.parameters]
    keys = dict.fromkeys(key for row in known for key in row.parameters if key.split(".")[0] not in OWN_PLACE)
    differing = [key for key in keys if _differ(key, known)]
    if len(differing) <= FEW:
        return differing
    presets = [[row for row in known if row.recipe == name] for name in {row.recipe for row in known}]
    return [key for key in differing if any(_differ(key, preset) for preset in presets)]


def best(found: Sequence[Row]) -> set[tuple[int, str]]:
    """Places of rows and metrics of the best adversarial numbers, where one way is better.

    Only rows that measured on the same data in the same way are held against each other. Numbers that are all the same
    are none of them best.
    """
    marked = set()
    for metric in leading(found):
        choose = {"higher": max, "lower": min}.get(metric.direction)
        for measured in {row.measured for row in found} if choose else ():
            here = ((place, row) for place, row in enumerate(found) if row.measured == measured)
            values = {place: v for place, row in here if (v := row.value(ADVERSARIAL.name, metric.name)) is not None}
            if choose and len(set(values.values())) > 1:
                marked |= {(place, metric.name) for place, value in values.items() if value == choose(values.values())}
    return marked


def names(found: Sequence[Row]) -> list[str]:
    """The name of each row; beside those that are there more than once, the commit that they hang on."""
    count = Counter(row.name for row in found)
    return [row.name + (f" ({row.baseline[:SHORT]})" if count[row.name] > 1 else "") for row in found]


def settings(found: Sequence[Row]) -> list[list[str]]:
    """The parameters that each row's cell shows: of the commit, or of the first row where that is none of them, all
    that differ anywhere; of every other row those in which it is not like that one."""
    keys = varied(found)
    last = Counter(key.rpartition(".")[2] for key in keys)
    short = {key: name if last[name := key.rpartition(".")[2]] == 1 else key for key in keys}
    first = next((row for row in found if row.name == HEAD), found[0])
    return [
        [
            f"{short[key]} {shown(row.parameters[key])}"
            for key in keys
            if key in row.parameters and (row is first or row.parameters[key] != first.parameters.get(key))
        ]
        for row in found
    ]


def differences(a: str, b: str) -> Iterator[tuple[str, str, str, str]]:
    """The parameters and metrics in which two experiments, commits or the workspace differ.

    Yields:
        Name, value of each side, and the change from a to b.

    Raises:
        RevisionUnknown: there is no such experiment or commit.
        ParameterError: params.yaml here cannot be read.
    """
    held: list[dict[str, dict[str, Any]]] = []
    for revision in (None if name == WORKSPACE else versions.resolve(name) for name in (a, b)):
        parameters = finished.parameters(revision)
        held.append({PARAMETERS: dict(flat(parameters))})
        for file, content in finished.measured(parameters, revision).items():
            plain = {key: value for key, value in content.items() if not isinstance(value, list)}  # no prose
            held[-1][file] = dict(flat(plain))
    for file in (PARAMETERS, *sorted({file for each in held for file in each} - {PARAMETERS})):
        short = "" if file == PARAMETERS else f"{file.removeprefix('metrics/').removesuffix('.json')}: "
        for key, *ends in unequal(held[0].get(file, {}), held[1].get(file, {})):
            old, new = (None if end == NOTHING else end for end in ends)
            numbers = [x for x in (old, new) if isinstance(x, int | float) and not isinstance(x, bool)]
            change = f"{numbers[1] - numbers[0]:+.4g}" if len(numbers) == 2 else ""
            yield f"{short}{key}", shown(old), shown(new), change


def shown(value: object) -> str:
    """A value as a table, a line or a page shows it: enough digits to know it again in params.yaml."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return EMPTY if value is None else str(value)


def _dvc(*arguments: str) -> str:
    """What the DVC of this interpreter prints here.

    Raises:
        CommandFailed: with what it said.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and "dvc.org/support" not in line]
        problem = f"`dvc {' '.join(arguments[:2])}`: {' '.join(said[-3:])}"
        raise CommandFailed(problem, "run it by hand in the repository's own folder to see why")
    return done.stdout.strip()


def _row(name: str, commit: dict[str, Any], rev: str, state: str = "", baseline: str = "") -> Row:
    data = commit.get("data") or {}
    parameters = (data.get("params") or {}).get(PARAMETERS, {}).get("data") or {}
    state = state or ("failed" if commit.get("error") else "")
    at = None if rev == WORKSPACE else rev
    has_any = EVALUATION in (data.get("metrics") or {})  # one that waits or runs has its commit's files alone
    evaluation = finished.measured(parameters, at).get(EVALUATION, {}) if has_any else {}
    return Row(
        name,
        "" if state == "success" else state,
        dict(flat(parameters)),
        evaluation.get("systems", {}),
        baseline,
        (*_content(parameters.get("data", {}), at), *map(str, evaluation.get("signature", ()))) if evaluation else (),
    )


def _content(section: dict[str, Any], at: str | None) -> Iterator[str]:
    """What names the content of a data set, whatever its file is called."""
    yield from (f"{key} {value}" for key, value in sorted(section.items()) if key != "file")
    if "sha256" not in section:  # of own data; of others the lock tells
        held = lock.read(at).holding(RAW)
        yield held.md5 if held else ""


def _differ(key: str, found: Sequence[Row]) -> bool:
    return len({json.dumps(row.parameters.get(key)) for row in found}) > 1
