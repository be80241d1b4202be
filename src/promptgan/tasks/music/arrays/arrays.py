"""Records to arrays, as the recipe's form reads them."""

from pathlib import Path
from typing import Any

from promptgan.tasks.music.arrays import tokens
from promptgan.tasks.music.arrays.parameters import Parameters


def pack(validated: Path, out: Path, parameters: Parameters, base: Path | None = None) -> dict[str, Any]:
    """Write every split into ``out``; return what ``meta.json`` holds. See `promptgan.tasks.music.arrays.tokens`."""
    return tokens.pack(validated, out, parameters)
