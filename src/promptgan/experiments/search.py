"""A search for parameters: a study of trials in SQLite, run until its budget is spent, stopped and taken up at will.

Trials start from the repository as it was when the study began, uncommitted changes included: a commit that no branch
has keeps that, so that whoever goes on working does not change what later trials measure.
"""

import hashlib
import json
import math
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.files import write_text
from promptgan.core.flat import flat
from promptgan.core.parameters import PARAMS_FILE
from promptgan.core.store import main_repository
from promptgan.data.download import OWN_DATA
from promptgan.experiments import finished, runner
from promptgan.experiments.search_settings import Plan, with_values
from promptgan.experiments.search_study import (
    FOLDER,
    experiment,
    open_study,
    page,
    pruner,
    standing,
    verdict,
)
from promptgan.experiments.table import shown
from promptgan.lineage import lock
from promptgan.recipes.parameter_file import ParameterFile
from promptgan.recipes.parameters import problems

if TYPE_CHECKING:
    import optuna
    from optuna.trial import Trial

PAGES = Path("reports/search")
READ = ("src", "stages", "dvc.yaml", "params.yaml", "requirements.lock", ":(glob)data/**/*.dvc")
"""What a trial's result could depend on, as far as it lies in Git."""
KEPT = "refs/promptgan/search/"
"""Git references of what the trials of a study start from, by its name."""

_say = partial(print, flush=True)


class StudyChanged(PromptganError):
    """search.yaml asks for another study than the one of this name."""

    exit_code = 2


def run(plan: Plan) -> None:
    """Run the trials that the budget allows and that have not been run, say how they end, and write the study's page.

    What a trial tries depends on the seed, on its number and on what finished before it: with one job, a search that
    is stopped or killed and started again tries what one would that was not.

    Raises:
        StudyChanged: a study of this name has another space, objective or seed.
        Busy: another process runs it.
        GitFailed: the repository has no commit.
        KeyboardInterrupt: Ctrl-C; the trials that ran are kept.
    """
    name, folder = plan.settings.name, FOLDER / plan.settings.name
    with runner.alone(folder / "lock", f"another process runs the study {name}") as held:
        study = open_study(name, plan.settings.direction)
        before = study.user_attrs.get("plan", plan.fixed)
        if changed := [key for key, value in plan.fixed.items() if before[key] != value]:
            raise StudyChanged(
                f"the study {name} began with another {', '.join(changed)}",
                f"give this one another name, or forget the old one: rm -r {folder} {folder}.db",
            )
        study.set_user_attr("plan", plan.fixed)
        study.set_user_attr("apply", plan.apply)
        search = _Search(plan, study, held)
        try:
            runner.run(search.trials(), plan.settings.jobs)
        finally:
            search.write_page()
    counts = Counter(trial.state.name for trial in study.trials)
    _say(
        f"{len(study.trials)} trials: {counts['COMPLETE']} finished, {counts['PRUNED']} pruned, "
        f"{counts['FAIL']} failed; raise the budget to go on"
    )
    best, tied = standing(study)
    if best:
        _say(verdict(study))
    if best and not tied:
        _say("  " + ", ".join(f"{key}={shown(value)}" for key, value in best.params.items()))
        _say(f"apply it: {plan.apply}")
    _say(f"page: {PAGES / name / 'index.html'}")


class _Search:
    """The trials of one start of a search."""

    def __init__(self, plan: Plan, study: "optuna.Study", held: int) -> None:
        self.plan, self.study, self.held = plan, study, held
        name, pruning = plan.settings.name, plan.settings.pruning
        scratch = FOLDER / name
        self.start = git.text_if_any("rev-parse", "--verify", "--quiet", KEPT + name).strip()
        if not self.start or not study.trials:  # of a study that was forgotten
            _say(f"study {name}: trials start from the workspace as it is now")
            self.start = runner.snapshot(scratch)
            git.text("update-ref", KEPT + name, self.start)
        elif changed := git.text("diff", "--name-only", self.start, runner.snapshot(scratch), "--", *READ).split():
            _say(f"note: trials go on with what {', '.join(changed)} held when the study began")
        self.parameters = finished.parameters(self.start)
        self.sign = -1.0 if pruning.direction not in (None, plan.settings.direction) else 1.0
        study.pruner = pruner(pruning, plan.settings.direction == "maximize", self.sign)
        watched = {"stage": pruning.curve, "column": pruning.column, "sign": self.sign}
        study.set_user_attr("watched", watched if pruning.pruner != "none" else None)
        commits = git.text("rev-parse", f"{self.start}^", f"{self.start}^{{tree}}").split()
        study.set_user_attr("origin", dict(zip(("commit", "tree"), commits, strict=True)))
        self.began: float = time.monotonic() - study.user_attrs.get("seconds", 0.0)

    @property
    def seconds(self) -> float:
        """How long the study has been running, over all of its starts."""
        return round(time.monotonic() - self.began, 1)

    def write_page(self) -> None:
        """Write how long the study has taken and what it has found so far."""
        self.study.set_user_attr("seconds", self.seconds)
        write_text(PAGES / self.plan.settings.name / "index.html", page(self.study))

    def trials(self) -> Iterator["_Trial"]:
        """The trials that there are to run, those of a search that was killed first, each started when it is asked for.

        One that has its end already is told, and left out.
        """
        import optuna

        budget = self.plan.settings.budget
        killed = [trial for trial in self.study.trials if trial.state.name == "RUNNING"]
        while killed or (
            (budget.trials is None or len(self.study.trials) < budget.trials)
            and (budget.hours is None or self.seconds < budget.hours * 3600)
        ):
            again = killed.pop(0) if killed else None
            number = again.number if again else len(self.study.trials)
            # of its own: one sampler for all would, after a restart, propose the first trials again
            digest = hashlib.sha256(f"{self.plan.settings.seed} {number}".encode()).digest()
            self.study.sampler = optuna.samplers.TPESampler(seed=int.from_bytes(digest[:4], "big"))
            trial = optuna.trial.Trial(self.study, again._trial_id) if again else self.study.ask(self.plan.space)
            one = _Trial(self, trial)
            if again:
                one.told = {step: self.sign * value for step, value in again.intermediate_values.items()}
            place = f"{number + 1}/{budget.trials}" if budget.trials else str(number + 1)
            tried = ", ".join(f"{key}={shown(value)}" for key, value in trial.params.items())
            _say(f"[{place}] {one.name}{' (again)' if again else ''}: {tried}")
            if trial.params.keys() != self.plan.space.keys():
                one.tell("FAIL", "failed: the search was killed before it had chosen all values")
            elif found := problems(with_values(self.parameters, trial.params)):
                one.tell("PRUNED", f"invalid: {'; '.join(found)}")
            elif one.told and trial.should_prune():  # the search was killed before it said so
                one.finish(None)
                one.delete()
            else:
                one.begin()
                yield one


class _Trial(runner.Experiment):
    """A trial, its experiment, and what has been told to the study."""

    def __init__(self, search: _Search, trial: "Trial") -> None:
        self._search, self._trial = search, trial
        name = search.plan.settings.name
        self._folder = FOLDER / name / f"t{trial.number}"
        where = self._folder / "repository", self._folder / "log.txt", self._folder / "live"
        super().__init__(experiment(name, trial.number), *where)
        self.told: dict[int, float] = {}
        """What the pruner has seen, by step."""

    def begin(self) -> None:
        """Clone and start. Its checkpoints outlive the clone, so that the trial can be taken up; packages and own data,
        which no clone has, are the repository's."""
        store = main_repository()
        links = {
            Path(".dvc/tmp/checkpoints"): (self._folder / "checkpoints").resolve(),
            Path(".dvc/tmp/downloads"): store / ".dvc/tmp/downloads",
        }
        for kept in links.values():
            kept.mkdir(parents=True, exist_ok=True)
        for root in (store, Path.cwd()):
            own = (file for file in root.glob(f"{OWN_DATA}/*/*") if file.suffix != ".dvc" and file.name != ".gitignore")
            links |= {file.relative_to(root): file for file in own}
        self.clone(self._search.start)
        for link, kept in links.items():
            (self.folder / link).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / link).symlink_to(kept)
        path = self.folder / PARAMS_FILE
        ParameterFile.read(path).with_values(self._trial.params).write(path)
        self.start(self._search.held, self._search.plan.targets)

    def follow(self) -> bool:
        """Tell the pruner what is new; whether it gives the trial up. One that has ended meanwhile is pruned all the
        same, so that what is pruned does not depend on who was faster."""
        self.said()
        pruning = self._search.plan.settings.pruning
        for row in runner.live_rows(self.live, pruning.curve) if pruning.pruner != "none" else ():
            if pruning.column in row and (step := int(row["step"])) not in self.told:
                self.told[step] = row[pruning.column]
                self._trial.report(self._search.sign * row[pruning.column], step)
                if self._trial.should_prune():
                    return True
        return False

    def finish(self, status: int | None) -> None:
        """Tell the study how it ended."""
        if status is None:
            step = max(self.told)
            self.tell("PRUNED", f"pruned at step {step}: {shown(self.told[step])}")
        elif status:
            starts = ("error: ", "ERROR: ")  # the stage's own error before DVC's
            said = [line for start in starts for line in self.lines[::-1] if line.startswith(start)]
            self.tell("FAIL", f"failed: {said[0][7:].strip() if said else 'it ended without a word'}")
        else:
            try:
                content = json.loads(lock.at_revision(Path(self._search.plan.file), self.collect()))
                value = dict(flat(content)).get(self._search.plan.key, "not there")
                if isinstance(value, int | float) and math.isfinite(value):
                    self.tell("COMPLETE", value=float(value))
                else:
                    self.tell("FAIL", f"failed: {self._search.plan.settings.objective} is {value}")
            except PromptganError as error:
                self.tell("FAIL", f"failed: {error.problem}")
        shutil.rmtree(self._folder / "checkpoints", ignore_errors=True)  # which only a trial that goes on would need
        self._search.write_page()

    def tell(self, state: str, reason: str = "", value: float | None = None) -> None:
        """Tell the study, and say, how the trial ended."""
        from optuna.trial import TrialState

        if reason:
            self._trial.set_user_attr("reason", reason)
        self._search.study.tell(self._trial, value, TrialState[state])
        told = reason or f"{self._search.plan.settings.objective} {shown(value)}"
        best = verdict(self._search.study)
        _say(f"  {self.name}: {told}{f' ({best})' if best else ''}")
