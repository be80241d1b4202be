"""DVC as experiments call it."""

import subprocess
import sys

from promptgan.base import PromptganError


class CommandFailed(PromptganError):
    """DVC refused."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"`{command}`: {said}", "run it by hand in the repository's own folder to see why")


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
