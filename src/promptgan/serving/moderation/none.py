"""Nothing is refused."""

from pathlib import Path


def load(words: Path | None) -> None:
    """What tells the reason to refuse a text: nothing does, and nobody waits for it."""
