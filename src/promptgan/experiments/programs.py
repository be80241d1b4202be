"""Git and DVC as experiments call them."""

import subprocess
import sys
from pathlib import Path

from promptgan.base import PromptganError


class CommandFailed(PromptganError):
    """Git or DVC refused."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"`{command}`: {said}", "run it by hand in the repository's own folder to see why")


def git(*arguments: str, folder: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What Git prints.

    Args:
        arguments: of Git.
        folder: where it runs; here where None.
        env: its environment; this process's where None.

    Raises:
        CommandFailed: with what it said.
    """
    return _output(["git", *arguments], f"git {arguments[0]}", folder, env)


def dvc(*arguments: str) -> str:
    """What the DVC of this interpreter prints here.

    Raises:
        CommandFailed: with what it said.
    """
    return _output([sys.executable, "-m", "dvc", *arguments], f"dvc {' '.join(arguments[:2])}")


def _output(command: list[str], title: str, folder: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and "dvc.org/support" not in line]
        raise CommandFailed(title, " ".join(said[-3:]))
    return done.stdout.strip()
