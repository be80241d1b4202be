"""Presets as DVC experiments: each trained with each seed in a clone of its own, and recorded in results/.

The clones lie under `.dvc/tmp/exps/`, where stages find the main repository's checkpoints and own data.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE, ParameterError
from promptgan.experiments import gallery, leaderboard, makeup, runner
from promptgan.experiments.entry import FOLDER, Entry, finished_run
from promptgan.experiments.makeup import Makeup
from promptgan.lineage.counting import few
from promptgan.recipes.parameter_file import AnchorsUsed, ParameterFile
from promptgan.recipes.parameters import absent_device
from promptgan.recipes.presets import BrokenRecipe, OwnDataMissing, resolve

CLONES = Path(".dvc/tmp/exps/compare")
LOGS = Path(".dvc/tmp/compare")
QUIET_SECONDS = 30.0
"""How long a run says nothing before it says how far it is."""
CHATTER = re.compile(r"Reproducing experiment|Running stage|> exec|Stage '|Updating lock file|Generating lock file")
"""What DVC says when all is well."""
ERROR_LINES = 8
"""The last lines of a failed run that are recorded."""

Say = Callable[[str], None]
Result = Literal["finished", "unchanged", "failed", "skipped"]


class WrongRecipe(PromptganError):
    """Presets cannot be run as they are written."""

    exit_code = 2


class Failed(PromptganError):
    """An experiment ended with an error."""


@dataclass(frozen=True)
class Plan:
    """A preset to be trained, and what that will be a run of."""

    recipe: str
    parameters: ParameterFile
    made: Makeup


def compare(recipes: list[str], seeds: list[int], jobs: int = 1, say: Say = print) -> list[Result]:
    """Train presets with seeds, where they have not been with what is here; what became of each training.

    What runs is the working tree as it is now, whatever changes later. The leaderboard is up to date after every run. A
    failed one is recorded and does not stop the others. What was killed goes on where it stopped: finished stages come
    from DVC's run-cache, and an interrupted training from its checkpoint. ``jobs`` run at a time; ``say`` gets every
    line of progress.

    Raises:
        UnknownRecipe: one of the presets does not exist; nothing has run.
        WrongRecipe: presets cannot be read, or their parameters are not valid; nothing has run.
        ParameterError: the device and threads of params.yaml are wrong or not here; nothing has run.
        EntryUnreadable: a file of results/ is broken; nothing has run.
        Busy: another comparison is at work here.
        GitFailed: the repository has no commit.
    """
    entries = {entry.recipe: entry for entry in Entry.all()}  # a broken one is better known now than after hours
    plans = _plans(recipes)
    results: list[Result] = []
    with _alone() as held:
        start = runner.snapshot(LOGS)
        for plan in (plan for plan in plans if isinstance(plan, Plan) and plan.recipe in entries):
            entry = entries[plan.recipe]
            if entry.made and (changed := entry.made.differences(plan.made)):
                recorded = leaderboard.seeds(sorted(entry.trained))
                say(f"replaces {recorded} of {plan.recipe} as recorded before: {few(changed, between='; ')}")
        each = [(plan, seed) for seed in seeds for plan in plans]
        runner.run(_trainings(each, start, held, say, results), jobs)
        leaderboard.write()
    return results


def write_page() -> None:
    """Write the leaderboard of what is recorded.

    Raises:
        EntryUnreadable: a file of results/ is broken.
        Busy: a comparison is at work here, which writes it.
    """
    with _alone():
        leaderboard.write()


def _alone() -> AbstractContextManager[int]:
    return runner.alone(CLONES / "lock", "another `promptgan compare` is running in this repository")


def _plans(recipes: list[str]) -> list[Plan | OwnDataMissing]:
    """What is to be run, or why not; complains of all that cannot be run together."""
    plans: list[Plan | OwnDataMissing] = []
    problems: list[str] = []
    for recipe in recipes:
        try:
            parameters = resolve(recipe)
        except OwnDataMissing as error:
            plans.append(error)
        except ParameterError as error:
            if error.path == PARAMS_FILE:  # which chooses for all
                raise
            problems += [f"{error.path}: {problem}" for problem in error.problems]
        except (BrokenRecipe, AnchorsUsed) as error:
            problems.append(f"{error.problem}; {error.remedy}")
        else:
            if absent := absent_device(parameters.values):
                raise ParameterError(absent)
            plans.append(Plan(recipe, parameters, makeup.of_working_tree(parameters.values)))
    if problems:
        raise WrongRecipe(
            "\n  ".join([f"{len(problems)} problem(s) in recipes/", *problems]),
            "correct it there, then give the same command again; nothing has run",
        )
    return plans


def _trainings(
    plans: list[tuple[Plan | OwnDataMissing, int]], start: str, held: int, say: Say, results: list[Result]
) -> Iterator["_Training"]:
    """The trainings that there are to run, each started when it is asked for."""
    begun = time.monotonic()
    for number, (plan, seed) in enumerate(plans, 1):
        name = f"{plan.recipe}-s{seed}" if isinstance(plan, Plan) else "not run"

        def tell(text: str, title: str = f"[{number}/{len(plans)}] {name}") -> None:
            minutes, seconds = divmod(int(time.monotonic() - begun), 60)
            say(f"{title}  {minutes:3}:{seconds:02}  {text}")

        if isinstance(plan, OwnDataMissing):
            tell(f"skipped: {plan.problem}; {plan.remedy}")
            results.append("skipped")
            continue
        entry = Entry.read(plan.recipe)
        if entry.made == plan.made and seed in entry.trained and seed not in entry.failed:
            tell("unchanged since it was recorded: nothing to run")
            results.append("unchanged")
            continue
        training = _Training(name, plan, seed, tell, results)
        try:
            training.clone(start)
            plan.parameters.with_values({"seed": seed}).write(training.folder / PARAMS_FILE)
            training.start(held)
        except (PromptganError, OSError) as error:
            training.fail(error)
            training.delete()
        else:
            yield training


class _Training(runner.Experiment):
    """One run: what it says on its way, and its record."""

    def __init__(self, name: str, plan: Plan, seed: int, say: Say, results: list[Result]) -> None:
        folder = CLONES / name
        super().__init__(name, folder, LOGS / f"{name}.log", folder / ".dvc/tmp/live")
        self._plan, self._seed, self._say, self._results = plan, seed, say, results
        self._stage = ""
        self._told: list[dict[str, float]] = []
        self._last = time.monotonic()

    def follow(self) -> bool:
        """Say each stage as it begins and, after a silence, its last validation."""
        for line in self.said():
            if match := re.match(r"Running stage '(.+)'|Stage '(.+)' is cached|(waiting: .*)", line):
                running, cached, waiting = match.groups()
                self._stage, self._last = running or cached or "", time.monotonic()
                self._say(running or waiting or f"{cached} (from the run-cache)")
        rows = runner.live_rows(self.live, self._stage)[-1:] if time.monotonic() - self._last >= QUIET_SECONDS else []
        if rows not in ([], self._told):
            self._told, self._last = rows, time.monotonic()
            self._say(progress(self._stage, rows[0], self._plan.parameters.values))
        return False

    def finish(self, status: int | None) -> None:
        """Record it, as finished or as failed."""
        try:
            if status:
                said = [line for line in self.lines if line.strip() and not CHATTER.match(line)]
                problem = "\n".join(said[-ERROR_LINES:]) or "it ended without a word"
                raise Failed(problem, f"all that it said is in {self.log}")
            made, data, run = finished_run(self.collect(), self.folder)
            entry = Entry.read(self._plan.recipe).with_run(self._seed, made, data, run)
            if self._seed == min(entry.trained):
                gallery.keep(self._plan.recipe, made.task, self._seed, self.folder)
        except (PromptganError, OSError) as error:
            self.fail(error)
            return
        if self._recorded(lambda: entry):
            self._say(f"recorded in {FOLDER / self._plan.recipe}.json")
            self._results.append("finished")
        else:
            self._results.append("failed")

    def fail(self, error: PromptganError | OSError) -> None:
        """Record what went wrong."""
        self._say(f"FAILED: {error}")
        lines = (error.problem if isinstance(error, PromptganError) else str(error)).splitlines()
        self._recorded(lambda: Entry.read(self._plan.recipe).with_failure(self._seed, self._plan.made, lines))
        self._results.append("failed")

    def _recorded(self, entry: Callable[[], Entry]) -> bool:
        """Whether an entry and the leaderboard could be written; that they could not ends no other run."""
        try:
            entry().write()
            leaderboard.write()
        except (PromptganError, OSError) as error:
            self._say(f"CANNOT BE WRITTEN: {error}")
            return False
        return True


def progress(stage: str, row: dict[str, float], parameters: dict[str, Any]) -> str:
    """A row of the stage's live curve in a line: the stage, how far it is of at most how far, and what was measured."""
    limits = parameters.get(stage, {})
    if "epochs" in limits and "epoch" in row:
        at = f"epoch {row['epoch']:.1f}/{limits['epochs']}"
    else:
        at = f"step {row['step']:.0f}" + (f"/{limits['steps']}" if "steps" in limits else "")
    measured = (f"  {key} {row[key]:.4f}" for key in ("score", "val_loss") if key in row)
    return f"{stage}  {at}{next(measured, '')}"
