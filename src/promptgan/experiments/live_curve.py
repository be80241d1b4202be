"""Reading the live curve of a training."""

import json
from contextlib import suppress
from pathlib import Path


def rows(path: Path) -> list[dict[str, float]]:
    """The curve so far, by step; of equal steps the last one, as after a resume; empty where there is no file."""
    found: dict[float, dict[str, float]] = {}
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):  # a line that is being written
                row = json.loads(line)
                found[row["step"]] = row
    return [found[step] for step in sorted(found)]
