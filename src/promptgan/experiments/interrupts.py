"""How commands that run long end well, and what they started with them."""

import ctypes
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from promptgan.compute import PR_SET_PDEATHSIG

_LIBC = ctypes.CDLL(None)  # loaded here, because little may be done between fork and exec


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt here, as SIGINT does, also where a shell started this in the background."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies; for `preexec_fn`, on Linux."""
    if sys.platform.startswith("linux"):
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
