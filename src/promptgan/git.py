"""Calling Git."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from promptgan.core.errors import PromptganError


class GitFailed(PromptganError):
    """Git refused, or is not installed."""

    def __init__(self, arguments: tuple[str, ...], said: str) -> None:
        super().__init__(
            f"git {' '.join(arguments)}: {said}", "do what Git says, at the top of a clone that has a commit"
        )
        self.said = said


def output(*arguments: str, folder: Path | None = None, given: str = "", env: Mapping[str, str] | None = None) -> bytes:
    """What Git prints.

    Args:
        arguments: of Git.
        folder: where it runs; here where None.
        given: what it reads.
        env: variables on top of this process's environment.

    Raises:
        GitFailed: with what it said.
    """
    command, variables = ["git", *arguments], {**os.environ, **(env or {})}
    try:
        done = subprocess.run(
            command, cwd=folder, input=given.encode(), env=variables, capture_output=True, check=False
        )
    except FileNotFoundError as error:  # no Git here
        raise GitFailed(arguments, f"{error.filename}: {error.strerror}") from error
    if done.returncode:
        raise GitFailed(arguments, done.stderr.decode(errors="replace").strip())
    return done.stdout


def text(*arguments: str, folder: Path | None = None, given: str = "", env: Mapping[str, str] | None = None) -> str:
    """What Git prints, as text; see `output`.

    Raises:
        GitFailed: with what it said.
    """
    return output(*arguments, folder=folder, given=given, env=env).decode(errors="replace")


def text_if_any(*arguments: str, given: str = "") -> str:
    """What Git prints; nothing where it fails: outside of a repository, or before the first commit."""
    try:
        return text(*arguments, given=given)
    except GitFailed:
        return ""
