"""Clones of this repository with a pipeline small enough to be run many times, on own data and without network."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from promptgan.core.parameters import load_params
from tests import warm

ROOT = Path(__file__).resolve().parents[2]
DVC = [sys.executable, "-m", "dvc"]
PROMPTGAN = [sys.executable, "-c", "import sys; sys.path.insert(0, 'src'); from promptgan.cli import main; main()"]
"""The command of the clone that is the current folder."""
PATIENCE_SECONDS = 480.0

TINY: dict[str, Any] = {
    "compute": {"device": "cpu", "threads": 1, "precision": "float32"},
    "validate": {
        "shares": {"val": 0.15, "test": 0.15, "judge": 0.2},
        "min_rows": 100,
        "max_quarantine_share": 0.5,
    },
    "tokenize": {"vocabulary": 300, "max_tokens": 12},
    "generator": {"embedding": 16, "width": 16},
    "pretrain": {
        "epochs": 12,
        "batch": 32,
        "warmup": 10,
        "validate_every": 20,
        "min_gain": 0.0,
        "checkpoint_every": 4,
    },
    "discriminator": {"embedding": 16, "width": 16},
    "train": {
        "steps": 30,
        "warmup": 10,
        "batch": 16,
        "validate_every": 10,
        "validation_count": 30,
        "checkpoint_every": 3,
        "guards": {"entropy_floor": 0.0, "duplicates_limit": 1.0, "kl_limit": 100.0},
    },
    "judges": {"embedding": 16, "batch": 32, "epochs": 2},
    "generate": {"count": 10, "prompts": ["how was your weekend?"]},
    "evaluate": {"jackknife_groups": 4},
}
"""What makes the recipe for own data tiny; laid over what `promptgan use local-text` writes."""


@dataclass(frozen=True)
class Clone:
    """A Git clone of this repository, and the commands that people run in it."""

    path: Path
    home: Path
    """Where the commands find their home folder and DVC its index."""

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the caller's but where programs are: no PYTHONPATH, no settings of Git or DVC.

        Arithmetic has one thread: those of many programs would wait for each other, at the cost of all processors.
        """
        identity = {
            f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        return {
            "PATH": os.defpath,
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "HOME": str(self.home),
            "DVC_SITE_CACHE_DIR": str(self.home / "dvc"),
            "DVC_NO_ANALYTICS": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            **identity,
        }

    def ended(self, *command: str | Path) -> tuple[int, str]:
        """Run a command to its end; its exit status and what it printed.

        Programs in Python, and the stages of a pipeline that DVC runs, begin with their slow imports done.
        """
        words, environment = self._warm(command)
        done = subprocess.run(
            words,
            cwd=self.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        return done.returncode, done.stdout

    def _warm(self, command: Sequence[str | Path]) -> tuple[list[str], dict[str, str]]:
        words, environment = [str(part) for part in command], self.environment
        if sys.executable in words:
            words[words.index(sys.executable)] = str(warm.python())
            environment["PATH"] = f"{warm.python().parent}{os.pathsep}{os.defpath}"
        return words, environment

    def run(self, *command: str | Path) -> str:
        """Run a command to its end; what it printed. Its failure fails the test with all that it said."""
        status, said = self.ended(*command)
        assert status == 0, f"{command}: {status}\n{said[-4000:]}"
        return said

    def refused(self, *command: str | Path) -> str:
        """Run a command that fails as failures are meant to; what it printed."""
        status, said = self.ended(*command)
        assert status and "Traceback" not in said, f"{command}: {status}\n{said[-4000:]}"
        return said

    def dvc(self, *arguments: str) -> str:
        """Run DVC."""
        return self.run(*DVC, *arguments)

    def promptgan(self, *arguments: str | Path) -> str:
        """Run the clone's own command."""
        return self.run(*PROMPTGAN, *arguments)

    def git(self, *arguments: str) -> str:
        """Run Git."""
        return self.run("git", *arguments)

    def run_anew(self, *command: str) -> str:
        """Run a command to its end, in interpreters that start from nothing; what it printed."""
        with self.started(*command) as process:
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, f"{command}: {process.returncode}\n{said[-4000:]}"
        return said

    @contextmanager
    def started(self, *command: str, anew: bool = True) -> Iterator[subprocess.Popen[str]]:
        """A command running in a process group of its own; what is left of it afterwards is killed.

        Interpreters start from nothing, so that signals reach those who are meant, unless ``anew`` is False.
        """
        words, environment = ([*command], self.environment) if anew else self._warm(command)
        process = subprocess.Popen(
            words,
            cwd=self.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stdout
            process.stdout.close()

    @property
    def params(self) -> dict[str, Any]:
        return load_params(self.path / "params.yaml")

    def set(self, key: str, value: object) -> None:
        """Change one value of params.yaml, as an editor would: nothing else of the file changes."""
        document = self.params
        section = document
        *way, last = key.split(".")
        for part in way:
            section = section[part]
        section[last] = value
        self.write_params(document)

    def write_params(self, document: dict[str, Any]) -> None:
        (self.path / "params.yaml").write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), "utf-8")

    def lock(self) -> bytes:
        return (self.path / "dvc.lock").read_bytes()

    def hashes(self, *stages: str) -> dict[str, str]:
        """The hash of every output of these stages, or of all, by path, as dvc.lock has them."""
        locked = yaml.safe_load(self.lock())["stages"]
        return {out["path"]: out["md5"] for name in stages or locked for out in locked[name].get("outs", [])}

    def checkpoints(self, stage: str) -> list[Path]:
        """The saved states of a stage, the one before the last of each training among them."""
        return list((self.path / ".dvc/tmp/checkpoints").glob(f"{stage}-*/*.pt"))

    def saves(self, stage: str) -> frozenset[int]:
        """When the saved states of a stage were written, in ns; a state may change its name while this looks."""
        times = set()
        for state in self.checkpoints(stage):
            with suppress(FileNotFoundError):
                times.add(state.stat().st_mtime_ns)
        return frozenset(times)

    def copy(self, target: Path) -> "Clone":
        """A copy of everything, DVC's cache included."""
        shutil.copytree(self.path, target, symlinks=True)
        return Clone(target, self.home)

    def fresh(self, target: Path) -> "Clone":
        """A clone of what is committed, with the own data that lies beside it but without any cache."""
        self.git("clone", "--quiet", "--no-hardlinks", ".", str(target))
        shutil.copytree(self.path / "data/own", target / "data/own", dirs_exist_ok=True)
        return Clone(target, self.home)


def committed_copy(target: Path, home: Path) -> Clone:
    """The working tree of this repository, new files that Git would track too, as one commit, set to be tiny."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    home.mkdir()
    clone = Clone(target, home)
    clone.git("init", "--quiet")
    (home / "pairs.csv").write_text(pairs(), encoding="utf-8")
    use = ["use", "local-text", "--path", str(home / "pairs.csv"), "--prompt", "question", "--text", "answer"]
    clone.promptgan(*use, "--device", "cpu")
    clone.write_params(merged(clone.params, TINY))
    clone.promptgan("check")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "a tiny pipeline")
    return clone


def pairs(count: int = 300) -> str:
    """A CSV of questions and answers that share a word."""
    source = random.Random(0)
    words = {
        kind: ["".join(source.choices(("ba", "de", "ki", "lo", "mu", "ra", "se", "ti"), k=3)) for _ in range(40)]
        for kind in ("thing", "act", "look")
    }
    rows = ["question,answer"]
    for _ in range(count):
        thing, place, other, act, look = (
            source.choice(words[kind]) for kind in ("thing", "thing", "thing", "act", "look")
        )
        rows.append(f"why does the {look} {thing} {act} at {place}?,the {thing} must {act} near {other}.")
    return "\n".join(rows) + "\n"


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.02)


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """A nested mapping laid over another."""
    both = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], dict) and isinstance(above[key], dict):
            both[key] = merged(below[key], above[key])
    return both
