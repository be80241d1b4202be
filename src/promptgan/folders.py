"""Writing a folder whole or not at all, as `promptgan.core.files` writes a file."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """An empty folder to fill; it takes the place of ``out`` when that is done, and is deleted where it fails."""
    out = out.resolve()  # a link stays one
    scratch, former = (out.with_name(out.name + end) for end in (".partial", ".former"))
    partial = scratch / out.name  # its own name from the start, which a signature holds
    _tidy(out, scratch, former)
    partial.mkdir(parents=True)
    try:
        yield partial
        if out.exists():
            out.replace(former)
        partial.replace(out)
    finally:
        _tidy(out, scratch, former)


def _tidy(out: Path, scratch: Path, former: Path) -> None:
    if former.exists() and not out.exists():  # stopped between the two names
        former.replace(out)
    for left in (scratch, former):
        shutil.rmtree(left, ignore_errors=True)
