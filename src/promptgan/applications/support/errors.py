"""What stops an answer."""

from pathlib import Path

from promptgan.core.errors import PromptganError


class NoPairs(PromptganError):
    """A split has no questions with answers."""


class NoIndex(PromptganError):
    """A folder holds no index of questions, or something that is not to be replaced by one."""

    def __init__(self, folder: Path, error: Exception) -> None:
        remedy = "build it with `promptgan support build`, or name another folder"
        super().__init__(f"{folder} holds no index of questions: {error}", remedy)


class NoQuestion(PromptganError):
    """What is asked has no word."""
