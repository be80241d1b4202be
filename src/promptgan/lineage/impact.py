"""Everything downstream of a file."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from promptgan import git
from promptgan.lineage import contents
from promptgan.lineage.history import History, Recorded
from promptgan.lineage.lock import File, Lock, Stage
from promptgan.lineage.target import Target, resolve


@dataclass(frozen=True)
class Output:
    """What a reached stage wrote."""

    file: File
    in_git: bool
    """Whether Git holds the file itself; else DVC does."""
    commit: Recorded | None
    """The Git commits whose lock has these bytes."""


@dataclass(frozen=True)
class Reached:
    """A stage that something reaches."""

    stage: Stage
    direct: bool
    """Whether it depends on the thing itself, and not only on what other reached stages made."""
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class Impact:
    """What a file reaches."""

    target: Target
    workspace: contents.State
    """Whether the workspace has the bytes that the reached stages used."""
    made_by: str | None
    reached: tuple[Reached, ...]
    """In the order of dvc.yaml."""


def impact(asked: str, locked: Lock) -> Impact:
    """Find everything downstream of an output, a file in one, or another dependency.

    Raises:
        UnknownTarget: dvc.lock has no such file.
    """
    target = resolve(asked, locked)
    maker = locked.producer(target.path)
    return Impact(
        target=target,
        workspace=contents.state(target.recorded_as),
        made_by=maker.name if maker else None,
        reached=reached(target.path, locked),
    )


def document(found: Impact) -> dict[str, Any]:
    """Everything that is known of a file's reach, as JSON has it."""
    return {
        "target": {"name": found.target.name, "path": found.target.path, "md5": found.target.md5},
        "recorded_as": dataclasses.asdict(found.target.recorded_as),
        "workspace": found.workspace,
        "made_by": found.made_by,
        "reached": [reached_document(each) for each in found.reached],
    }


def reached_document(each: Reached) -> dict[str, Any]:
    """A reached stage, as JSON has it."""
    outputs = [
        {
            **dataclasses.asdict(out.file),
            "in_git": out.in_git,
            "commit": dataclasses.asdict(out.commit) if out.commit else "not recorded",
        }
        for out in each.outputs
    ]
    return {"stage": each.stage.name, "direct": each.direct, "outputs": outputs}


def reached(path: str, locked: Lock) -> tuple[Reached, ...]:
    """The stages downstream of a path, with their outputs and where these are committed."""
    history, tracked = History(), _tracked()
    direct = {stage.name for stage in locked.consumers(path)}
    return tuple(
        Reached(
            stage=stage,
            direct=stage.name in direct,
            outputs=tuple(Output(out, out.path in tracked, history.find(out)) for out in stage.outputs),
        )
        for stage in locked.downstream(path)
    )


def _tracked() -> set[str]:
    """The files that Git holds."""
    return set(git.text_if_any("ls-files", "-z").split("\0"))
