"""Experiments as rows: the workspace, the commit it is on, and every experiment, from `dvc exp show` and dvc.lock."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.flat import flat
from promptgan.experiments.finished import measured
from promptgan.lineage import lock, references
from promptgan.lineage.records import versions

WORKSPACE, HEAD = "workspace", "HEAD"
PARAMETERS, EVALUATION = "params.yaml", "metrics/evaluation.json"
RAW = "data/raw"


class CommandFailed(PromptganError):
    """DVC refused."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"`{command}`: {said}", "run it by hand in the repository's own folder to see why")


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
    shown = json.loads(dvc("exp", "show", "--json", *(word for each in baselines for word in ("--rev", each))))
    found = {commit["rev"]: commit for commit in shown}
    here = [_row(name, found[rev], rev) for name, rev in ((WORKSPACE, WORKSPACE), (HEAD, head)) if rev in found]
    if len(here) > 1 and (here[0].parameters, here[0].systems) == (here[1].parameters, here[1].systems):
        del here[1]
    experiments = []
    for baseline, commit in found.items():
        for each in commit["experiments"] or []:
            last, state = each["revs"][0], (each["executor"] or {}).get("state", "")
            experiments.append(_row(each["name"] or last["rev"][:7], last, last["rev"], state, baseline))
    return [*(here or [Row(WORKSPACE)]), *sorted(experiments, key=lambda row: row.name)]


def dvc(*arguments: str) -> str:
    """What the DVC of this interpreter prints here.

    Raises:
        CommandFailed: with what it said.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and "dvc.org/support" not in line]
        raise CommandFailed(f"dvc {' '.join(arguments[:2])}", " ".join(said[-3:]))
    return done.stdout.strip()


def revision(name: str) -> str:
    """What DVC finds one commit for: of experiments with the same name that on HEAD, else the latest.

    Raises:
        RevisionUnknown: there is no such experiment, commit, branch or tag; names the nearest.
    """
    baselines = [baseline for baseline, other in references.experiments() if other == name]
    if not baselines:
        return versions.resolve(name)
    head = git.text("rev-parse", HEAD).strip()
    chosen = head if head in baselines else baselines[-1]
    return git.text("rev-parse", references.of_experiment(chosen, name)).strip()


def _row(name: str, commit: dict[str, Any], rev: str, state: str = "", baseline: str = "") -> Row:
    data = commit.get("data") or {}
    parameters = (data.get("params") or {}).get(PARAMETERS, {}).get("data") or {}
    state = state or ("failed" if commit.get("error") else "")
    at = None if rev == WORKSPACE else rev
    evaluation = measured(parameters, at).get(EVALUATION, {})
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
