"""The lineage of this repository's run, written in a standard format."""

import importlib
from pathlib import Path

from promptgan.core.choices import choices
from promptgan.core.errors import PromptganError, nearest
from promptgan.core.files import write_text
from promptgan.lineage.evidence import Evidence

FORMATS = "promptgan.lineage.formats"


class UnknownFormat(PromptganError):
    """No file of the folder of formats has this name."""

    exit_code = 2


def export(name: str, out: Path | None = None) -> str:
    """The lineage in the format ``name``; written to ``out``, whole or not at all, where that is given.

    Raises:
        UnknownFormat: lists those that there are.
        OSError: ``out`` cannot be written.
        LockUnreadable, FilesDiffer, ToolMissing: see `Evidence` and the format.
    """
    known = choices(FORMATS)
    if name not in known:
        raise UnknownFormat(f"no format {name}{nearest(name, known)}", f"name one of {', '.join(known)}")
    text: str = importlib.import_module(f"{FORMATS}.{name}").export(Evidence())
    if out:
        write_text(out, text)
    return text
