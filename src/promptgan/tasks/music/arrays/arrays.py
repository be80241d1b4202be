"""Records to arrays, as the recipe's form reads them: words of events, or piano rolls."""

from pathlib import Path
from typing import Any

from promptgan.core.choices import choose
from promptgan.tasks.music.arrays.parameters import Parameters


def pack(validated: Path, out: Path, parameters: Parameters, base: Path | None = None) -> dict[str, Any]:
    """Write every split into ``out``; return what ``meta.json`` holds, the form among it.

    See `promptgan.tasks.music.arrays.tokens` and `promptgan.tasks.music.arrays.tensors`.
    """
    form = "tensors" if parameters.max_tokens is None else "tokens"
    meta: dict[str, Any] = choose("promptgan.tasks.music.arrays", form, "form").pack(validated, out, parameters)
    return meta
