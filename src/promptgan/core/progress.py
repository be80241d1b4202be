"""Progress of long work: a bar on a terminal, silence elsewhere."""

import sys
from typing import Self

from tqdm import tqdm


class Progress:
    """A progress bar on standard error, shown only where that is a terminal.

    Args:
        title: what is being done.
        total: how many steps it takes.
        done: how many of them a resumed run has behind it.
    """

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        self._bar = tqdm(total=total, initial=done, desc=title, disable=not sys.stderr.isatty(), dynamic_ncols=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def advance(self, steps: int = 1) -> None:
        """Count finished steps."""
        self._bar.update(steps)

    def say(self, words: str) -> None:
        """Show a few words, such as the latest loss, beside the bar."""
        self._bar.set_postfix_str(words)
