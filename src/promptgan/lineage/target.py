"""What a name on the command line means: an output, a file in one, a dependency, a metric or a sample."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError, nearest
from promptgan.lineage import contents, samples
from promptgan.lineage.contents import BytesNotHere, NotTracked
from promptgan.lineage.lock import File, Lock


class UnknownTarget(PromptganError):
    """Nothing that was recorded has this name."""

    def __init__(self, asked: str, known: list[str]) -> None:
        super().__init__(
            f"{asked}: dvc.lock has no such output, dependency, metric or sample{nearest(asked, known)}",
            "name an output (models/adversarial), a file in one (data/tokens/tokenizer.json), a metric"
            f" (metrics/evaluation.json:systems.adversarial.nll), a sample ({samples.SAMPLES}#17) or a code file",
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


def resolve(asked: str, locked: Lock) -> Target:
    """Find what is meant by a path, a metric or a sample.

    Raises:
        UnknownTarget, SampleUnreadable, BytesNotHere: see `trace`.
    """
    name = in_repository(asked)
    facts: dict[str, Any] = {}
    file_part, _, key = name.partition(":")
    if is_sample(name):
        path, row = samples.parse(name)
        facts = samples.read_row(locked, path, row)
    elif file_part.endswith(".json") and key:
        path = file_part
        facts = {"value": _metric(path, key, locked)}
    else:
        path = name
    file = locked.holding(path)
    if file is None:
        raise UnknownTarget(asked, _known(locked))
    try:
        md5 = contents.md5_in_lock(locked, path)
    except BytesNotHere:
        md5 = None
    except NotTracked:
        raise UnknownTarget(asked, _known(locked)) from None
    return Target(name, path, md5, file, facts)


def is_sample(name: str) -> bool:
    """Whether a name is that of a row of a Parquet file, `FILE#ROW`."""
    return name.partition("#")[0].endswith(".parquet") and "#" in name


def in_repository(asked: str) -> str:
    """A path as dvc.lock writes it: relative to this folder, without `./` or a final slash."""
    path = Path(asked)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def _metric(path: str, key: str, locked: Lock) -> Any:
    if locked.holding(path) is None:
        raise UnknownTarget(f"{path}:{key}", _known(locked))
    value = _values(path)
    for part in key.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise UnknownTarget(f"{path}:{key}", _known(locked))
    return value


def _values(path: str) -> Any:
    try:
        return json.loads(Path(path).read_bytes())
    except (OSError, ValueError):
        return {}


def _known(locked: Lock) -> list[str]:
    """Every name that a target can have, samples left aside."""
    outputs = [out for _, out in locked.outputs()]
    used = [dep.path for stage in locked.stages.values() for dep in stage.dependencies]
    members = [f"{out.path}/{name}" for out in outputs if out.files is not None for name in contents.listing(out) or {}]
    metrics = [
        f"{out.path}:{key}" for out in outputs if out.path.endswith(".json") for key in _keys(_values(out.path), "")
    ]
    return list(dict.fromkeys([*(out.path for out in outputs), *used, *members, *metrics]))


def _keys(value: Any, prefix: str) -> list[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [key for name, item in items for key in _keys(item, f"{prefix}.{name}" if prefix else str(name))]
    return [prefix, *below] if prefix else below
