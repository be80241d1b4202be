"""What a name on the command line means: an output, a file in one, a dependency, a metric or a sample."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError, nearest
from promptgan.core.flat import flat, holder
from promptgan.lineage import contents, samples
from promptgan.lineage.contents import BytesNotHere, NotTracked
from promptgan.lineage.lock import File, Lock


class UnknownTarget(PromptganError):
    """Nothing that was recorded has this name."""

    def __init__(self, asked: str, locked: Lock) -> None:
        super().__init__(
            f"{asked}: dvc.lock has no such output, dependency, metric or sample{nearest(asked, _known(locked))}",
            "name an output (models/adversarial), a file in one (data/raw/provenance.json), a metric"
            f" (metrics/train.json:steps), a sample ({samples.SAMPLES}#17) or a code file",
        )


@dataclass(frozen=True)
class Target:
    """What the chain is asked of."""

    name: str
    path: str
    """Without the key of a metric or the row of a sample."""
    md5: str | None
    """None where it lies in a folder whose listing is not here."""
    recorded_as: File
    """The entry of dvc.lock: itself, or the folder that it lies in."""
    facts: dict[str, Any] = field(default_factory=dict)
    """The value of a metric, the columns of a sample."""


def near(path: str | Path) -> str:
    """A path as dvc.lock would have it, from this folder."""
    path = Path(path)
    return (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()


def resolve(asked: str, locked: Lock) -> Target:
    """Find what is meant by a path, a metric or a sample.

    Raises:
        UnknownTarget, SampleUnreadable, BytesNotHere: see `trace`.
    """
    name = near(asked)
    path, facts = name, {}
    file, _, key = name.partition(":")
    if "#" in name and name.partition("#")[0].endswith(".parquet"):
        path, _ = samples.parse(name)
        if locked.holding(path):
            row = samples.row_of(samples.read(locked, path), name)
            facts = samples.document(row)
    elif file.endswith(".json") and key:
        path = file
        try:
            values, last = holder(_values(path), key)
            facts = {"value": values[last]}
        except (LookupError, TypeError, ValueError):
            raise UnknownTarget(asked, locked) from None
    held = locked.holding(path)
    if held is None:
        raise UnknownTarget(asked, locked)
    try:
        md5 = contents.md5_in_lock(locked, path)
    except BytesNotHere:
        md5 = None
    except NotTracked:
        raise UnknownTarget(asked, locked) from None
    return Target(name, path, md5, held, facts)


def _values(path: str) -> Any:
    try:
        return json.loads(Path(path).read_bytes())
    except (OSError, ValueError):
        return {}


def _known(locked: Lock) -> list[str]:
    """Every name that a target can have, samples left aside."""
    outputs = [out for _, out in locked.outputs()]
    members = [f"{out.path}/{name}" for out in outputs if out.files is not None for name in contents.listing(out) or {}]
    documents = [out.path for out in outputs if out.path.endswith(".json")]
    metrics = [f"{path}:{key}" for path in documents for key, _ in flat(_values(path))]
    return list(dict.fromkeys([*(file.path for file in locked.files()), *members, *metrics]))
