"""A search for parameters: a study of trials in SQLite, run until its budget is spent, stopped and taken up at will."""

import fcntl
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptgan import base
from promptgan.experiments import search_trial
from promptgan.experiments.interrupts import interruptible
from promptgan.experiments.parameters import problems
from promptgan.experiments.search_settings import Plan, with_values
from promptgan.experiments.search_study import (
    FOLDER,
    best_trial,
    experiment,
    open_study,
    pruner,
    sampler,
    shown,
    suggest,
    tied,
    verdict,
)
from promptgan.lineage import cache

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial, Trial

PAGES = Path("reports/search")
FAILURES = 3
"""Trials that may fail one after the other before a search gives up."""
POLL_SECONDS = 0.2
CLOCK_SECONDS = 10.0
"""How often the time that a study has taken is written down."""


class StudyChanged(base.PromptganError):
    """search.yaml asks for another study than the one of this name."""

    exit_code = 2


class StudyBusy(base.PromptganError):
    """Another process runs this study."""


class TrialsFail(base.PromptganError):
    """One trial after the other fails."""


class Interrupted(KeyboardInterrupt):
    """The search was interrupted; its running trials, which it names, are kept."""


@dataclass
class _Running:
    """A trial, its process, and what has been told to the study."""

    trial: "Trial"
    values: dict[str, Any]
    run: search_trial.Run
    told: dict[int, float]
    """What the pruner has seen, by step."""
    seconds: float = 0.0
    """What earlier starts of the search took for it."""
    began: float = field(default_factory=time.monotonic)

    @property
    def taken(self) -> float:
        """Seconds that the trial has run, over all starts of the search."""
        return round(self.seconds + time.monotonic() - self.began, 1)


def run(plan: Plan, say: Callable[[str], None] = print) -> None:
    """Run the trials that the budget allows and that have not been run, and write the study's page.

    What a trial tries depends on the seed, on its number and on what finished before it: with one job, a search that
    is stopped or killed and started again tries what one would that was not.

    Raises:
        ToolMissing: optuna is not installed.
        StudyChanged: a study of this name has another space, objective or seed.
        StudyBusy: another process runs it.
        TrialsFail: several trials failed one after the other.
        Interrupted: Ctrl-C.
    """
    folder = FOLDER / plan.settings.name
    with _held(folder):
        study = open_study(plan.settings.name, plan.settings.direction)
        before = study.user_attrs.setdefault("plan", plan.fixed)
        if changed := [key for key, value in plan.fixed.items() if before[key] != value]:
            raise StudyChanged(
                f"the study {plan.settings.name} began with another {', '.join(changed)}",
                f"give this one another name, or forget the old one: rm -r {folder} {folder}.db",
            )
        study.set_user_attr("plan", plan.fixed)
        study.set_user_attr("apply", plan.apply)
        with interruptible():
            _Search(plan, study, folder, say).run()


class _Search:
    """The trials of one start of a search."""

    def __init__(self, plan: Plan, study: "optuna.Study", folder: Path, say: Callable[[str], None]) -> None:
        self.plan, self.settings, self.study, self.folder, self.say = plan, plan.settings, study, folder, say
        self.running: list[_Running] = []
        self.failures = 0
        opposite = self.settings.pruning.direction not in (None, self.settings.direction)
        self._sign = -1.0 if opposite else 1.0
        self.spent: float = study.user_attrs.get("seconds", 0.0)
        self.clock = time.monotonic()

    def run(self) -> None:
        if not (self.folder / "origin.git").exists():
            self.say(f"study {self.settings.name}: trials start from the workspace as it is now")
        self.origin = search_trial.freeze(self.folder / "origin.git")
        if changed := search_trial.changed_since(self.origin):
            self.say(f"note: trials go on with what {', '.join(changed)} held when the study began")
        pruning = self.settings.pruning
        watched = {"stage": pruning.curve, "column": pruning.column, "sign": self._sign}
        self.study.set_user_attr("watched", watched if pruning.pruner != "none" else None)
        self.study.set_user_attr("origin", {"commit": self.origin.commit, "tree": self.origin.tree()})
        self.parameters, self.cache = self.origin.parameters(), cache.folder().resolve()
        self.clock = time.monotonic()
        self.begun = len(self.study.trials)
        unfinished = [trial for trial in self.study.trials if trial.state.name == "RUNNING"]
        try:
            while True:
                while len(self.running) < self.settings.jobs and (unfinished or self._has_budget()):
                    self._begin(unfinished.pop(0) if unfinished else None)
                if not self.running:
                    break
                time.sleep(POLL_SECONDS)
                self._tick()
                for each in list(self.running):
                    self._follow(each)
        except KeyboardInterrupt:
            raise Interrupted(", ".join(each.run.name for each in self.running) or "no trial") from None
        finally:
            for each in self.running:
                each.run.end()
            self._tick(now=True)
            self._write_page()
        self._conclude()

    def _has_budget(self) -> bool:
        budget = self.settings.budget
        seconds = self.spent + time.monotonic() - self.clock
        return (budget.trials is None or self.begun < budget.trials) and (
            budget.hours is None or seconds < budget.hours * 3600
        )

    def _begin(self, unfinished: "FrozenTrial | None") -> None:
        import optuna

        number = unfinished.number if unfinished else self.begun
        self.begun = max(self.begun, number + 1)
        self.study.sampler = sampler(self.settings.seed, number)
        self.study.pruner = pruner(self.settings.pruning, self.settings.direction == "maximize", self._sign)
        trial = optuna.trial.Trial(self.study, unfinished._trial_id) if unfinished else self.study.ask()
        assert trial.number == number
        values = {key: suggest(trial, key, dimension) for key, dimension in self.plan.space.items()}
        name = experiment(self.settings.name, number)
        one = _Running(
            trial,
            values,
            search_trial.Run(self.folder / f"t{number}", name),
            {step: self._sign * told for step, told in unfinished.intermediate_values.items()} if unfinished else {},
            trial.user_attrs.get("seconds", 0.0),
        )
        total = self.settings.budget.trials
        place = f"[{number + 1}/{total}]" if total else f"[{number + 1}]"
        again = " (again)" if unfinished else ""
        self.say(f"{place} {name}{again}: " + ", ".join(f"{key}={shown(value)}" for key, value in values.items()))
        if found := problems(with_values(self.parameters, values)):
            self._tell(one, "PRUNED", f"invalid: {'; '.join(found)}")
            return
        if one.told and trial.should_prune():  # the search was killed before it said so
            self._prune(one, max(one.told))
            one.run.finish()
            return
        one.run.folder.mkdir(parents=True, exist_ok=True)
        one.run.start(self.origin, values, self.plan.targets, self.cache)
        self.running.append(one)

    def _follow(self, one: _Running) -> None:
        # Whether DVC has ended is asked first: then the curve read next is whole. A trial that ended before it was
        # seen to be bad is pruned all the same, so that what is pruned does not depend on who was faster.
        ended = one.run.ended()
        pruned = self._worse_at(one)
        if pruned is None and ended is None:
            return
        self.running.remove(one)
        try:
            if pruned is not None:
                self._prune(one, pruned)
            elif ended:
                self._fail(one, one.run.complaint())
            else:
                self._complete(one)
        finally:
            one.run.finish()
        self._write_page()

    def _worse_at(self, one: _Running) -> int | None:
        """The first step, of those not seen before, at which the pruner gives the trial up."""
        pruning = self.settings.pruning
        for row in one.run.rows(pruning.curve) if pruning.pruner != "none" else ():
            step = int(row["step"])
            if pruning.column not in row or step in one.told:
                continue
            one.told[step] = row[pruning.column]
            one.trial.report(self._sign * row[pruning.column], step)
            one.trial.set_user_attr("seconds", one.taken)
            if one.trial.should_prune():
                return step
        return None

    def _complete(self, one: _Running) -> None:
        file, _, key = self.settings.objective.partition(":")
        try:
            one.run.collect(self.origin)
            value = search_trial.result(self.origin, one.run.name, file, key)
        except base.PromptganError as error:
            self._fail(one, error.problem)
            return
        if not math.isfinite(value):
            self._fail(one, f"{self.settings.objective} is {value}")
            return
        self.failures = 0
        self._tell(one, "COMPLETE", value=value)
        if self.settings.pruning.pruner != "none" and not one.told and one.run.rows(self.settings.pruning.curve):
            self.say(f"note: the curve {self.settings.pruning.curve} has no column {self.settings.pruning.column}")

    def _prune(self, one: _Running, step: int) -> None:
        self._tell(one, "PRUNED", f"pruned at step {step}: {shown(one.told[step])}")

    def _fail(self, one: _Running, reason: str) -> None:
        self._tell(one, "FAIL", f"failed: {reason}")
        self.failures += 1
        if self.failures >= FAILURES:
            raise TrialsFail(
                f"{FAILURES} trials failed one after the other; the last: {reason}",
                f"read {one.run.folder / 'log.txt'}; a study keeps the code it began with, so after a correction "
                "give it another name",
            )

    def _tell(self, one: _Running, state: str, reason: str = "", value: float | None = None) -> None:
        from optuna.trial import TrialState

        one.trial.set_user_attr("seconds", one.taken)
        if reason:
            one.trial.set_user_attr("reason", reason)
        self.study.tell(one.trial, value, TrialState[state])
        told = reason or f"{self.settings.objective} {shown(value)}"
        if best := verdict(self.study):
            told += f" ({best})"
        self.say(f"  {one.run.name}, {one.taken:.0f} s: {told}")

    def _tick(self, now: bool = False) -> None:
        passed = time.monotonic() - self.clock
        if now or passed >= CLOCK_SECONDS:
            self.spent += passed
            self.clock += passed
            self.study.set_user_attr("seconds", round(self.spent, 1))

    def _conclude(self) -> None:
        counts = Counter(trial.state.name for trial in self.study.trials)
        self.say(
            f"{len(self.study.trials)} trials: {counts['COMPLETE']} finished, {counts['PRUNED']} pruned, "
            f"{counts['FAIL']} failed; raise the budget to go on"
        )
        if best := best_trial(self.study):
            self.say(verdict(self.study))
            if not tied(self.study):
                self.say("  " + ", ".join(f"{key}={shown(value)}" for key, value in best.params.items()))
                self.say(f"apply it: {self.plan.apply}")
        self.say(f"page: {PAGES / self.settings.name / 'index.html'}")

    def _write_page(self) -> None:
        from promptgan.experiments.search_page import page

        path = PAGES / self.settings.name / "index.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".partial")
        temporary.write_text(page(self.study), encoding="utf-8")
        temporary.replace(path)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StudyBusy(
                f"another process runs the study {folder.name}", "wait for it, or end it; then start this again"
            ) from None
        yield
