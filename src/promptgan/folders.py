"""Writing a folder whole or not at all, as `promptgan.core.files` writes a file."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """An empty folder to fill; it takes the place of ``out`` when that is done, and is deleted where it fails."""
    out = out.resolve()  # a link stays one
    partial, former = (out.with_name(out.name + end) for end in (".partial", ".former"))
    if former.exists() and not out.exists():  # killed between the two names
        former.rename(out)
    for left in (partial, former):
        shutil.rmtree(left, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        if out.exists():
            out.rename(former)
        partial.rename(out)
        shutil.rmtree(former, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
