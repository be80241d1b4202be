"""Presets as DVC experiments: each trained with each seed in a clone of its own, and recorded in results/.

DVC starts an experiment by stashing and resetting the workspace that it is called in, even for a temporary copy. So
each run gets a clone under `.dvc/tmp/exps/`, where stages find the main repository's checkpoints and own data, and
shares its cache; the finished experiment's reference is fetched from there. The user's workspace is never written.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from promptgan import base, git
from promptgan.experiments import leaderboard, makeup, workspace
from promptgan.experiments.entry import FOLDER, Entry, Trained, finished_run, some_of
from promptgan.experiments.interrupts import die_with_parent, interruptible
from promptgan.experiments.makeup import Makeup
from promptgan.experiments.parameters import absent_device
from promptgan.experiments.programs import dvc
from promptgan.experiments.recipes import OwnDataMissing, find
from promptgan.experiments.resolve import WrongRecipe, parsed, resolve
from promptgan.experiments.stage_progress import QUIET_SECONDS, StageProgress
from promptgan.training.loop.live import FOLDER as LIVE

CLONES = Path(".dvc/tmp/exps/compare")
LOGS = Path(".dvc/tmp/compare")
CODE = ("src", "stages", "recipes")
"""Folders whose new files take part in an experiment before Git tracks them."""
IDENTITY = {"user.name": "promptgan", "user.email": "promptgan@localhost"}
"""Who commits experiments where Git has not been told."""
CHATTER = re.compile(r"Reproducing experiment|Running stage|> exec|Stage '|Updating lock file|Generating lock file")
"""What DVC says when all is well."""
ERROR_LINES = 8
"""The last lines of a failed run that are recorded."""
HEADLINE = ("nll", "ms_jaccard", "bleu_4", "self_bleu_4", "relevance")
"""Metrics that are printed when a run ends."""
LOCK_SECONDS = 20.0
"""How long what is left of a killed comparison may take to die."""

Say = Callable[[str], None]
Result = Literal["finished", "unchanged", "failed", "skipped"]


class AlreadyRunning(base.PromptganError):
    """Another comparison runs in this repository."""


class NoCommit(base.PromptganError):
    """There is no commit that experiments could hang on."""


class Failed(base.PromptganError):
    """A run ended with an error; ``lines`` are its last."""

    def __init__(self, lines: list[str], log: Path) -> None:
        self.lines = lines
        super().__init__("\n".join(lines), f"all that it said is in {log}")


@dataclass(frozen=True)
class Training:
    """A preset to be trained with a seed."""

    recipe: str
    seed: int

    @property
    def name(self) -> str:
        """The experiment's name."""
        return f"{self.recipe}-s{self.seed}"


@dataclass(frozen=True)
class Plan:
    """What a training will be a run of."""

    made: Makeup
    parameters: str
    """The text of its parameter file."""

    @property
    def document(self) -> dict[str, Any]:
        """Its parameters, parsed."""
        return parsed(self.parameters)


@dataclass
class Comparison:
    """The trainings that were asked for, one after the other or several at a time.

    Args:
        recipes: names of presets.
        seeds: training seeds of each.
        jobs: how many run at a time.
        say: gets every line of progress.
        quiet: seconds of silence after which a run says how far its training is.
    """

    recipes: list[str]
    seeds: list[int]
    jobs: int = 1
    say: Say = print
    quiet: float = QUIET_SECONDS
    _stopped: threading.Event = field(default_factory=threading.Event)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _processes: set["subprocess.Popen[str]"] = field(default_factory=set)

    def run(self) -> list[Result]:
        """Train what has not been trained with the files and parameters that are here; what became of each training.

        What runs is the working tree as it is now, whatever changes later. The leaderboard is up to date after every
        run. A failed one is recorded and does not stop the others. What was killed goes on where it stopped: finished
        stages come from DVC's run-cache, and an interrupted training from its checkpoint.

        Raises:
            UnknownRecipe: one of the presets does not exist; nothing has run.
            WrongRecipe: presets cannot be read, or their parameters are not valid; nothing has run.
            ParameterError: the device and threads of params.yaml are wrong or not here; nothing has run.
            EntryUnreadable: a file of results/ is broken; nothing has run.
            AlreadyRunning: another comparison is at work here.
            NoCommit: the repository has no commit.
        """
        for recipe in self.recipes:
            find(recipe)
        entries = {entry.recipe: entry for entry in Entry.all()}  # a broken one is better known now than after hours
        _refuse_wrong(self.recipes)
        self._start = time.monotonic()
        with interruptible(), _alone() as lock:
            trainings = [Training(recipe, seed) for seed in self.seeds for recipe in self.recipes]
            self._tree, self._lock, self._cache = snapshot(), lock, dvc("cache", "dir")
            plans = [_plan(training) for training in trainings]
            for training, plan in zip(trainings, plans, strict=True):
                if training.seed == self.seeds[0] and isinstance(plan, Plan) and training.recipe in entries:
                    self._announce_replacement(entries[training.recipe], plan.made)
            pool = ThreadPoolExecutor(self.jobs)
            try:
                futures = [
                    pool.submit(self._one, training, plan, f"[{number}/{len(trainings)}] {training.name}")
                    for number, (training, plan) in enumerate(zip(trainings, plans, strict=True), 1)
                ]
                for future in as_completed(futures):
                    future.result()  # raises what nobody expected
            finally:
                self._stopped.set()
                for process in list(self._processes):
                    _kill(process)
                pool.shutdown(cancel_futures=True)
            leaderboard.write()
        return [future.result() for future in futures]

    def _announce_replacement(self, entry: Entry, made: Makeup) -> None:
        if not entry.made or not (changed := entry.made.differences(made)):
            return
        count = len(entry.trained)
        self.say(
            f"replaces {count} seed{'s' if count > 1 else ''} of {entry.recipe} as recorded before: {some_of(changed)}"
        )
        if lost := sorted(entry.trained.keys() - self.seeds):
            self.say(f"  not trained anew: {leaderboard.seeds(lost)}; --seeds {lost[-1]} would")

    def _one(self, training: Training, plan: Plan | OwnDataMissing, title: str) -> Result:
        def say(text: str) -> None:
            seconds = int(time.monotonic() - self._start)
            self.say(f"{title}  {seconds // 60:3}:{seconds % 60:02}  {text}")

        recipe, seed = training.recipe, training.seed
        if isinstance(plan, OwnDataMissing):
            say(f"skipped: {plan.problem}; {plan.remedy}")
            return "skipped"
        try:
            entry = Entry.read(recipe)
            if entry.made == plan.made and seed in entry.trained and seed not in entry.failed:
                say("unchanged since it was recorded: nothing to run")
                return "unchanged"
            made, data, run = self._train(training, plan, say)
        except (base.PromptganError, OSError) as error:
            if self._stopped.is_set():
                raise
            say(f"FAILED: {error}")
            lines = error.lines if isinstance(error, Failed) else str(error).splitlines()
            with self._writing:
                Entry.read(recipe).with_failure(seed, lines).write()
                leaderboard.write()
            return "failed"
        with self._writing:
            Entry.read(recipe).with_run(seed, made, data, run).write()
            leaderboard.write()
        say(f"recorded in {FOLDER / recipe}.json: {_headline(run.metrics['evaluation'])}")
        return "finished"

    def _train(self, training: Training, plan: Plan, say: Say) -> tuple[Makeup, dict[str, str], Trained]:
        with _clone(training.name, self._tree, self._cache) as folder:
            (folder / base.PARAMS_FILE).write_text(plan.parameters, encoding="utf-8")
            live = (folder / ".dvc/tmp/live").resolve()
            with StageProgress(live, plan.document, say, self.quiet) as progress:
                self._experiment(training, folder, live, progress)
            pattern = f"refs/exps/*/*/{training.name}"
            reference = git.text("for-each-ref", "--format=%(refname)", pattern, folder=folder).strip()
            git.text("fetch", "--quiet", "--no-write-fetch-head", str(folder), f"+{reference}:{reference}")
            return finished_run(reference, folder)

    def _experiment(self, training: Training, folder: Path, live: Path, progress: StageProgress) -> None:
        log = LOGS / f"{training.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        last: deque[str] = deque(maxlen=ERROR_LINES)
        command = [sys.executable, "-m", "dvc", "exp", "run", "--name", training.name]
        with log.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "DVC_NO_ANALYTICS": "1", LIVE: str(live)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the others
                pass_fds=[self._lock],
                preexec_fn=die_with_parent,
            )
            self._processes.add(process)
            if self._stopped.is_set():
                _kill(process)
            assert process.stdout
            for line in process.stdout:
                file.write(line)
                file.flush()
                if line.strip() and not CHATTER.match(line):
                    last.append(line.rstrip().replace(f"{folder.resolve()}/", "").replace(str(Path.cwd()), "."))
                if begun := _begun(line):
                    progress.begin(*begun)
            process.wait()
            self._processes.discard(process)
        if process.returncode:
            raise Failed(list(last), log)


def _refuse_wrong(recipes: list[str]) -> None:
    """Resolve every preset, and complain of all that cannot be run together."""
    problems: list[str] = []
    for recipe in recipes:
        try:
            document = parsed(resolve(recipe, seed=1))
        except OwnDataMissing:
            continue
        except WrongRecipe as error:
            problems += error.problems
            continue
        if absent := absent_device(document):  # which params.yaml chose for all
            raise base.ParameterError(absent)
    if problems:
        raise WrongRecipe(problems)


def _plan(training: Training) -> Plan | OwnDataMissing:
    try:
        parameters = resolve(training.recipe, training.seed)
    except OwnDataMissing as error:
        return error
    return Plan(makeup.of_working_tree(parsed(parameters)), parameters)


def snapshot() -> str:
    """A Git tree of the working tree as an experiment takes it: tracked files as they are, and new code.

    Nothing but objects is written; results/ is left out, because it says what other experiments found.

    Raises:
        NoCommit: the repository has no commit.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    try:
        return workspace.tree(LOGS, CODE, without=[str(FOLDER)])
    except git.GitFailed as error:
        raise NoCommit(error.problem, "run this at the top of a clone, or commit first") from error


@contextmanager
def _clone(name: str, tree: str, cache: str) -> Iterator[Path]:
    """A clone of this repository at HEAD, with the files of a tree and the cache of this one; deleted afterwards."""
    folder = CLONES / name
    _discard(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    git.text("clone", "--quiet", "--shared", "--no-checkout", ".", str(folder))
    git.text("read-tree", "-u", "--reset", tree, folder=folder)
    for key, unknown in IDENTITY.items():
        known = git.text("config", "--default", unknown, "--get", key).strip()
        git.text("config", key, known, folder=folder)
    (folder / ".dvc/config.local").write_text(f"[cache]\n    dir = {cache}\n", encoding="utf-8")
    try:
        yield folder
    finally:
        _discard(folder)


def _discard(folder: Path) -> None:
    for old in folder.parent.glob(f"{folder.name}.old*"):
        shutil.rmtree(old, ignore_errors=True)
    if folder.exists():  # moved first: what still runs in it writes into the moved one
        old = folder.rename(folder.with_name(f"{folder.name}.old{os.getpid()}"))
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[int]:
    """Hold the lock of comparisons. DVC inherits it: it is free when what a killed comparison started is dead too."""
    CLONES.mkdir(parents=True, exist_ok=True)
    with (CLONES / "lock").open("w") as file:
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise AlreadyRunning(
                        "another `promptgan compare` is running in this repository", "wait for it, or stop it"
                    ) from None
                time.sleep(0.2)
        yield file.fileno()


def _kill(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _begun(line: str) -> tuple[str, str] | None:
    """The stage that DVC is at, by a line of its own, and what to say of it."""
    if match := re.match(r"Running stage '(.+)'", line):
        return match[1], match[1]
    if match := re.match(r"Stage '(.+)' is cached", line):
        return match[1], f"{match[1]} (from the run-cache)"
    if line.startswith("waiting: "):
        return "", line.strip()
    return None


def _headline(evaluation: dict[str, Any]) -> str:
    adversarial, twin = evaluation["adversarial"], evaluation["twin"]
    if not isinstance(adversarial, dict):
        return str(adversarial)
    return ", ".join(
        f"{name} {adversarial[name]:.4f}" + (f" (twin {twin[name]:.4f})" if isinstance(twin, dict) else "")
        for name in HEADLINE
        if name in adversarial
    )
