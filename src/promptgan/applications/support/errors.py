"""What stops an answer."""

from promptgan.core.errors import PromptganError


class NoPairs(PromptganError):
    """A split has no questions with answers."""


class NoIndex(PromptganError):
    """A folder holds no index of questions."""


class NoQuestion(PromptganError):
    """What is asked has no word."""
