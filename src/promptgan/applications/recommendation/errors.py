"""What stops a recommendation."""

from promptgan.core.errors import PromptganError


class UnusableInteractions(PromptganError):
    """A file does not say who liked what, or says too little of it."""


class NoRecommender(PromptganError):
    """A folder holds none, or something that is not to be replaced by one."""


class NobodyKnown(PromptganError):
    """Nothing is known of what somebody liked."""
