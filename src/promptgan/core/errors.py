"""An expected failure, and how it is told: clearly, with the remedy, without a traceback."""

import difflib
import errno
import io
import os
import reprlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PromptganError(Exception):
    """An expected failure: what went wrong, and the remedy."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n  -> {remedy}")
        self.problem = problem
        self.remedy = remedy


class FileRefused(PromptganError):
    """The system would not read or write a file."""

    def __init__(self, error: OSError) -> None:
        remedies = dict.fromkeys(
            (errno.ENOSPC, errno.EDQUOT), "free some space, then run the same again; what was finished is kept"
        )
        remedies |= dict.fromkeys(
            (errno.EACCES, errno.EPERM, errno.EROFS), "make it yours to read and write, or name another place"
        )
        remedies[errno.ENAMETOOLONG] = "choose a shorter name"
        path = error.filename2 or error.filename or f"a file below {Path.cwd()}"  # a full disk names none
        words = (error.strerror or str(error) or type(error).__name__).split("] ")[-1]
        super().__init__(
            f"{path}: {words}",
            remedies.get(error.errno or 0, "look at the path; `dvc checkout` brings back what a run has made"),
        )


@contextmanager
def clean_errors() -> Iterator[None]:
    """Print an expected failure, one of the file system too, without a traceback and exit with its code.

    What the terminal's encoding lacks is printed escaped.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield
    except BrokenPipeError:  # whoever was reading has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except (PromptganError, OSError) as error:
        found = error if isinstance(error, PromptganError) else FileRefused(error)
        print(f"error: {found}", file=sys.stderr)
        raise SystemExit(found.exit_code) from None


def nearest(name: str, known: list[str]) -> str:
    """The known name that ``name`` was probably meant to be, as a clause to put into a message; or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def shown(value: object) -> str:
    """A value as a message shows it: its repr, shortened."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 60
    try:
        return short.repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return f"a very long {type(value).__name__}"
