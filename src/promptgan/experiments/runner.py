"""DVC experiments in clones of their own, several at a time: started, followed, ended, and brought here.

DVC starts an experiment by stashing and resetting the workspace that it is called in, even for a temporary copy, and
two at once can take each other's. So each gets a clone, which shares the cache, and the finished experiment's reference
is fetched from there. Nothing in the user's workspace is written, whatever kills a run.
"""

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from promptgan import git
from promptgan.core.compute import PR_SET_PDEATHSIG
from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE
from promptgan.lineage import cache, references
from promptgan.training.loop.live import FOLDER as LIVE

NEW = ("src", "stages", "recipes", "dvc.yaml", PARAMS_FILE.name, ":(glob)data/**/*.dvc")
"""New files that take part in an experiment before Git tracks them."""
FOUND = "results"
"""Says what other experiments found, so it stays as HEAD has it."""
IDENTITY = {"user.name": "promptgan", "user.email": "promptgan@localhost"}
"""Who commits where Git has not been told."""
POLL_SECONDS = 0.2
SECONDS_TO_END = 15.0
"""How long an experiment that was asked to end may take before it is killed."""
LOCK_SECONDS = 20.0
"""How long what a killed command has left may take to die."""

_LIBC = ctypes.CDLL(None)  # loaded here, because little may be done between fork and exec


class Busy(PromptganError):
    """Another process runs experiments of this kind here."""


def snapshot(scratch: Path) -> str:
    """A commit, on top of HEAD, of the workspace as it is now, with new code; nothing but objects is written.

    The folder ``scratch`` holds a temporary index meanwhile.

    Raises:
        GitFailed: the repository has no commit that experiments could hang on.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    index = (scratch / "index.partial").resolve()
    environment = {"GIT_INDEX_FILE": str(index)}
    try:
        git.text("read-tree", "HEAD", env=environment)
        git.text("add", "--update", "--", ".", f":!{FOUND}", env=environment)
        found = git.text("ls-files", "-z", "--others", "--exclude-standard", "--", *NEW, env=environment)
        git.text("update-index", "--add", "-z", "--stdin", given=found, env=environment)
        tree = git.text("write-tree", env=environment).strip()
        settings = [word for key, value in IDENTITY.items() for word in ("-c", f"{key}={value}")]
        return git.text(*settings, "commit-tree", tree, "-p", "HEAD", "-m", "workspace").strip()
    finally:
        index.unlink(missing_ok=True)


class Experiment(ABC):
    """One `dvc exp run` of that name in a clone, with its log of all that DVC and the stages say, and live curves."""

    _process: subprocess.Popen[bytes]

    def __init__(self, name: str, folder: Path, log: Path, live: Path) -> None:
        self.name, self.folder, self.log, self.live = name, folder, log, live
        self.lines: list[str] = []
        """All that `said` has given."""
        self._read = 0  # bytes of the log that these are

    @abstractmethod
    def follow(self) -> bool:
        """Look at what is new; whether it is to end now."""

    @abstractmethod
    def finish(self, status: int | None) -> None:
        """Take the result, when nothing of it runs any more: DVC's exit status, or None where it was to end."""

    def clone(self, start: str) -> None:
        """Clone this repository, at the parent of a snapshot and with the snapshot's files."""
        from configobj import ConfigObj  # type: ignore[import-untyped]

        self.delete()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        git.text("clone", "--quiet", "--shared", "--no-checkout", ".", str(self.folder))
        git.text("update-ref", "HEAD", f"{start}^", folder=self.folder)
        git.text("read-tree", "-u", "--reset", start, folder=self.folder)
        for key, unknown in IDENTITY.items():
            git.text("config", key, git.text("config", "--default", unknown, key).strip(), folder=self.folder)
        shared = str(cache.folder().resolve())
        settings = ConfigObj(str(Path(".dvc/config.local")), encoding="utf-8")  # which quotes as DVC reads it
        settings.setdefault("cache", {})["dir"] = shared
        settings.filename = str(self.folder / ".dvc/config.local")
        settings.write()
        (self.folder / ".dvc/tmp").mkdir(exist_ok=True)

    def start(self, held: int, targets: Iterable[str] = ()) -> None:
        """Start DVC in a process group of its own, which dies with this process.

        Args:
            held: a file descriptor that it inherits, of a lock.
            targets: stages to run, each with what it needs; all of them where there is none.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            "PYTHONUNBUFFERED": "1",
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str((self.folder / ".dvc/tmp/site").resolve()),
            LIVE: str(self.live.resolve()),
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dvc", "exp", "run", "--name", self.name, *targets],
                cwd=self.folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the others
                pass_fds=[held],
                preexec_fn=_die_with_parent,
            )

    def ended(self) -> int | None:
        """DVC's exit status; None while it runs."""
        return self._process.poll()

    def said(self) -> list[str]:
        """The whole lines that DVC and the stages have written since the last call, paths as they are in the clone."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            new = file.read().rpartition(b"\n")[0]
        self._read += len(new) + bool(new)
        text = new.decode(errors="replace").replace(f"{self.folder.resolve()}/", "").replace(str(Path.cwd()), ".")
        said = [line.rstrip().rpartition("\r")[2] for line in text.split("\n") if line]  # of a progress bar the end
        self.lines += said
        return said

    def collect(self) -> str:
        """Bring the finished experiment into this repository; its reference."""
        head = git.text("rev-parse", "HEAD", folder=self.folder).strip()
        reference = references.of_experiment(head, self.name)
        git.text(
            "fetch", "--quiet", "--no-write-fetch-head", "--no-tags", str(self.folder), f"+{reference}:{reference}"
        )
        return reference

    def signal(self, number: int) -> None:
        """Signal DVC and its stage: SIGINT asks them to end, as Ctrl-C would."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def end(self) -> None:
        """Let DVC and its stage end, and kill what does not when it was asked."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_END)
        self.signal(signal.SIGKILL)
        self._process.wait()

    def delete(self) -> None:
        """Delete the clone, and what is left of older ones."""
        for old in self.folder.parent.glob(f"{self.folder.name}.old*"):
            shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():  # moved first: what still runs in it writes into the moved one
            moved = self.folder.rename(self.folder.with_name(f"{self.folder.name}.old{os.getpid()}"))
            shutil.rmtree(moved, ignore_errors=True)


def live_rows(folder: Path, stage: str) -> list[dict[str, float]]:
    """A stage's curve so far, by step; of equal steps the last one, as after a resume; empty where there is no file."""
    found: dict[float, dict[str, float]] = {}
    with suppress(OSError):
        for line in (folder / f"{stage}.jsonl").read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):  # a line that is being written
                row = json.loads(line)
                found[row["step"]] = row
    return [found[step] for step in sorted(found)]


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt here, as SIGINT does, also where a shell started this in the background."""
    interrupt = signal.default_int_handler
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(waiting: Iterator[Experiment], jobs: int) -> None:
    """Run experiments, ``jobs`` at a time, until ``waiting`` starts no further one; whatever ends this ends them."""
    running: list[Experiment] = []
    try:
        while True:
            while len(running) < jobs and (started := next(waiting, None)):
                running.append(started)
            if not running:
                return
            time.sleep(POLL_SECONDS)
            for each in list(running):
                status = each.ended()  # asked first: then what is read next is whole
                stop = each.follow()
                if stop:
                    each.signal(signal.SIGINT)
                if stop or status is not None:
                    each.end()
                    each.finish(None if stop else status)
                    running.remove(each)
                    each.delete()
    finally:
        for each in running:
            each.signal(signal.SIGINT)
        for each in running:
            each.end()
            each.delete()


@contextmanager
def alone(path: Path, busy: str) -> Iterator[int]:
    """Hold a lock, interruptible, and give its descriptor.

    An experiment inherits it: it is free when what was started is dead too.

    Raises:
        Busy: another process holds it; says ``busy``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file, interruptible():
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise Busy(busy, "wait for it, or stop it; then start this again") from None
                time.sleep(POLL_SECONDS)
        yield file.fileno()


def _die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies, on Linux."""
    if sys.platform.startswith("linux"):
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
