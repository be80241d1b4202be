"""The lineage of this repository's run, written in a standard format."""

import contextlib
import importlib
from pathlib import Path

from promptgan.core.choices import choices
from promptgan.core.errors import PromptganError, nearest
from promptgan.lineage import facts

FORMATS = "promptgan.lineage.formats"


class UnknownFormat(PromptganError):
    """No file of the folder of formats has this name."""

    exit_code = 2


class NotWritable(PromptganError):
    """The export cannot be written where it should go."""


def export(name: str, out: Path | None = None) -> str:
    """The lineage in the format ``name``; written to ``out``, whole or not at all, where that is given.

    Raises:
        UnknownFormat: lists those that there are.
        NotWritable: the folder of ``out`` is missing or closed.
        LockUnreadable, FilesDiffer, ToolMissing: see `facts.read` and the format.
    """
    known = choices(FORMATS)
    if name not in known:
        raise UnknownFormat(f"no format {name}{nearest(name, known)}", f"name one of {', '.join(known)}")
    text: str = importlib.import_module(f"{FORMATS}.{name}").export(facts.read())
    if out:
        partial = out.with_name(out.name + ".partial")
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(out)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise NotWritable(f"{out} cannot be written: {error.strerror}", "name another file with --out") from error
    return text
