"""Whether numbers belong to a run: what a dvc.lock says of the stages that an output comes from."""

import hashlib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE, load_params
from promptgan.lineage import lock
from promptgan.lineage.lock import Lock, Stage


def stale(locked: Lock, stage: Stage) -> list[str]:
    """A line for each output that a stage, or one that it depends on, used and that was made anew since."""
    return [
        f"{each.name} used a {old.path} that was made anew since"
        for each in locked.back_from(stage)
        for old, _ in locked.stale(each)
    ]


def parameters(revision: str | None = None) -> dict[str, Any]:
    """The parsed params.yaml of this folder, or of a Git revision.

    Raises:
        ParameterError: the one here cannot be read.
        RevisionUnknown: Git does not know the revision, or it holds none.
    """
    if revision is None:
        return load_params()
    return YAML(typ="safe", pure=True).load(lock.at_revision(PARAMS_FILE, revision)) or {}


def holds(path: str, parameters: dict[str, Any], revision: str | None = None) -> bool:
    """Whether the output at ``path`` was made with these parameters and from what the lock's other stages made.

    An experiment that ran some stages only has the others' files too, as its commit had them; they tell nothing of it.

    Args:
        path: of an output that lies in Git.
        parameters: the parsed params.yaml that it should come from.
        revision: where to look; here where None.
    """
    try:
        locked = lock.read(revision)
        content = lock.at_revision(Path(path), revision) if revision else Path(path).read_bytes()
    except (PromptganError, OSError):
        return False
    maker, held = locked.producer(path), locked.holding(path)
    if maker is None or held is None or stale(locked, maker):
        return False
    before = (section for stage in locked.back_from(maker) for section in stage.parameters.items())
    same = hashlib.md5(content, usedforsecurity=False).hexdigest() == held.md5
    return same and all(parameters.get(name) == values for name, values in before)
