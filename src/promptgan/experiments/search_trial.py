"""One trial of a search: a `dvc exp run --temp` in a clone of its own, followed by its live curve, ended, and read.

The clone is of the repository as it was when the study began, uncommitted changes included. So a search never touches
the workspace, whatever kills it, and whoever goes on working there does not change what later trials measure.
Two `dvc exp run` in one repository can take each other's experiment, since both wait in one stash; two clones cannot.
The DVC cache is the repository's own.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from promptgan import base, git
from promptgan.experiments import live_curve, workspace
from promptgan.experiments.interrupts import die_with_parent
from promptgan.lineage import references
from promptgan.training.loop.live import FOLDER as LIVE

DVC = [sys.executable, "-m", "dvc"]
SECONDS_TO_END = 15.0
"""How long a trial that was asked to end may take before it is killed."""
READ = ("src", "stages", "dvc.yaml", "params.yaml", "requirements.lock", ":(glob)data/**/*.dvc")
"""What a trial's result could depend on, as far as it lies in Git."""
RUN, WORKSPACE = "run", "workspace"
"""Branches of the study's copy: the commit that experiments belong to, and the workspace on top of it."""


class ResultMissing(base.PromptganError):
    """A trial ended well and left no number where the objective should be."""


@dataclass(frozen=True)
class Origin:
    """What every trial of a study starts from."""

    store: Path
    """A bare clone of the repository, which nobody works in."""
    commit: str
    """The commit that the experiments belong to."""

    def parameters(self) -> dict[str, Any]:
        """The parameter file that the space's keys are changed in."""
        text = git.text("show", f"{WORKSPACE}:{base.PARAMS_FILE}", folder=self.store)
        values: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
        return values

    def tree(self) -> str:
        """The Git tree of the files that trials start from, uncommitted changes included."""
        return git.text("rev-parse", f"{WORKSPACE}^{{tree}}", folder=self.store).strip()

    def reference(self, name: str) -> str:
        """The Git reference of a finished experiment."""
        return references.of_experiment(self.commit, name)


def freeze(store: Path) -> Origin:
    """Keep the repository as it is now, uncommitted changes and new files included, or find what was kept.

    Raises:
        GitFailed: there is no commit here to start from.
    """
    if not store.exists():
        commit = git.text("rev-parse", "--verify", "HEAD^{commit}").strip()
        temporary = store.with_name(store.name + ".partial")
        shutil.rmtree(temporary, ignore_errors=True)
        snapshot = git.text(
            *_IDENTITY, "commit-tree", workspace.tree(store.parent, READ), "-p", commit, "-m", WORKSPACE
        )
        git.text("clone", "--quiet", "--bare", ".", str(temporary))
        git.text("update-ref", f"refs/heads/{RUN}", commit, folder=temporary)
        git.text("update-ref", f"refs/heads/{WORKSPACE}", snapshot.strip(), folder=temporary)
        temporary.replace(store)
    return Origin(store, git.text("rev-parse", f"refs/heads/{RUN}", folder=store).strip())


def changed_since(origin: Origin) -> list[str]:
    """Files of the workspace that a result could depend on and that are not what they were when the study began."""
    now = workspace.tree(origin.store.parent, READ)
    both = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(origin.store.resolve() / "objects")}
    return git.text("diff", "--name-only", origin.tree(), now, "--", *READ, env=both).split()


@dataclass
class Run:
    """A trial that runs, or that ran when a search was killed."""

    folder: Path
    """Holds `live/`, `log.txt`, and while the trial lasts `repository/` and `checkpoints/`."""
    name: str
    """Of the experiment."""
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, origin: Origin, values: Mapping[str, object], targets: list[str], cache: Path) -> None:
        """Clone, and start DVC there in a process group of its own, which dies with this process.

        Args:
            origin: what to clone.
            values: dotted keys of params.yaml and their values.
            targets: stages to run, each with what it needs.
            cache: the DVC cache to use.
        """
        clone = self.folder / "repository"
        self._clear(clone)
        self._clone(origin, clone, cache)
        sets = [f"--set-param={key}={_override(value)}" for key, value in values.items()]
        command = [*DVC, "exp", "run", "--temp", "--name", self.name, *sets, *targets]
        environment = {
            LIVE: str((self.folder / "live").resolve()),
            "DVC_SITE_CACHE_DIR": str((clone / ".dvc/site").resolve()),
        }
        with (self.folder / "log.txt").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=clone,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def ended(self) -> int | None:
        """DVC's exit status, or None while it runs."""
        assert self.process
        return self.process.poll()

    def rows(self, curve: str) -> list[dict[str, float]]:
        """The live curve so far, by step; of equal steps the last one, as after a resume."""
        return live_curve.rows(self.folder / "live" / f"{curve}.jsonl")

    def end(self) -> None:
        """End DVC and the stage that it runs, as Ctrl-C would; kill what does not end. What can go on is kept."""
        if self.process:
            _signal(self.process, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(SECONDS_TO_END)
            _signal(self.process, signal.SIGKILL)
            self.process.wait()
        self._clear(self.folder / "repository")

    def collect(self, origin: Origin) -> None:
        """Bring the finished experiment into this repository, under its name.

        Raises:
            GitFailed: DVC left no experiment.
        """
        reference = origin.reference(self.name)
        source = str(self.folder / "repository")
        git.text("fetch", "--quiet", "--no-write-fetch-head", "--no-tags", source, f"+{reference}:{reference}")

    def finish(self) -> None:
        """Remove what only a trial that goes on would need."""
        self.end()
        shutil.rmtree(self.folder / "checkpoints", ignore_errors=True)

    def complaint(self) -> str:
        """What the log says went wrong: the stage's own error before DVC's."""
        with suppress(OSError):
            lines = [*self._log()]
            own = [line for line in lines if line.startswith("error: ")]
            others = [line for line in lines if line.startswith("ERROR: ")]
            if own or others:
                return (own or others)[-1].partition(": ")[2]
        return "it ended without a word"

    def _log(self) -> Iterator[str]:
        for line in (self.folder / "log.txt").read_text(encoding="utf-8", errors="replace").splitlines():
            yield line.rpartition("\r")[2].strip()

    def _clone(self, origin: Origin, clone: Path, cache: Path) -> None:
        from configobj import ConfigObj  # type: ignore[import-untyped]

        options = ("--quiet", "--no-checkout", "--origin", "origin", "--branch", RUN)
        git.text("clone", *options, str(origin.store), str(clone))
        git.text("read-tree", "-u", "--reset", f"origin/{WORKSPACE}", folder=clone)
        for key in ("user.name", "user.email"):
            if value := git.text("config", "--default", "", key).strip():
                git.text("config", key, value, folder=clone)
        local = ConfigObj(str(Path(".dvc/config.local")), list_values=False)
        local.setdefault("cache", {})["dir"] = str(cache)
        local.filename = str(clone / ".dvc/config.local")
        local.write()
        checkpoints = (self.folder / "checkpoints").resolve()
        checkpoints.mkdir(exist_ok=True)
        (clone / ".dvc/tmp").mkdir(exist_ok=True)
        (clone / ".dvc/tmp/checkpoints").symlink_to(checkpoints)

    def _clear(self, clone: Path) -> None:
        if not clone.exists():
            return
        _end_processes_in(clone.resolve())
        shutil.rmtree(clone)


def result(origin: Origin, name: str, file: str, key: str) -> float:
    """The objective of a finished experiment.

    Raises:
        ResultMissing: its commit holds no such file, or the file no such number.
    """
    try:
        value: Any = json.loads(git.text("show", f"{origin.reference(name)}:{file}"))
        for part in key.split("."):
            value = value[part]
        return float(value)
    except (git.GitFailed, ValueError, KeyError, TypeError) as error:
        raise ResultMissing(
            f"{name} holds no number {file}:{key}",
            f"`promptgan exp diff HEAD {name}` shows what it holds; correct `objective`",
        ) from error


_IDENTITY = ("-c", "user.name=promptgan", "-c", "user.email=promptgan@localhost")
"""Of a commit that never leaves the study's folder."""


def _override(value: object) -> str:
    # The grammar of `dvc exp run --set-param`, which is Hydra's.
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return json.dumps(value)


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _end_processes_in(folder: Path) -> None:
    # What a killed search left running where the kernel does not end it: other systems, and stages without torch.
    import psutil  # type: ignore[import-untyped]

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(folder):
                process.kill()
