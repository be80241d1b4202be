"""A finished run as its dvc.lock has it: curves, parameters and numbers that belong together, and what names them."""

import csv
import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.error import YAMLError

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.flat import flat
from promptgan.experiments import coherence
from promptgan.lineage import contents, lock, references
from promptgan.lineage.lock import LOCK, File, Lock

METRICS, PLOTS = Path("metrics"), Path("plots")


class MixedRun(PromptganError):
    """The files here are not all of the run that dvc.lock describes."""

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__(
            "\n".join(["the files here are not of one finished run:", *(f"  {line}" for line in problems)]),
            "finish it with `make run`, or take the last commit's back: `git checkout -- dvc.lock metrics plots`",
        )


class NothingFinished(PromptganError):
    """No training of dvc.lock has a curve."""


@dataclass(frozen=True)
class Finished:
    """What a run's dvc.lock vouches for."""

    curves: dict[str, list[dict[str, float]]]
    """By stage: the rows of its plots/*.csv, by step."""
    parameters: dict[str, Any]
    """By dotted name, as the stages ran with them."""
    metrics: dict[str, float]
    """Every number of metrics/*.json, the name of the file before its dotted key."""
    identity: dict[str, str | bool]
    """What it comes from: `of_git`, the preset, `of_lock`."""


def read(stages: Iterable[str]) -> Finished:
    """The run that lies here.

    Args:
        stages: those whose curves are wanted.

    Raises:
        LockUnreadable: there is no dvc.lock here, or it is broken.
        NothingFinished: none of the stages is in it.
        MixedRun: a file is not the one that dvc.lock names, or dvc.lock is not of one run; names every one.
    """
    locked = lock.read()
    plots = {Path(out.path).stem: out for out in _outputs(locked, PLOTS)}
    curves = {stage: plots[stage] for stage in stages if stage in plots}
    if not curves:
        raise NothingFinished(f"{LOCK} holds no training", "run `make run` first, or add --follow and run it meanwhile")
    metrics = _outputs(locked, METRICS)
    if problems := dict.fromkeys(_mixed(locked, [*curves.values(), *metrics])):
        raise MixedRun(problems)
    parameters = {section: values for stage in locked.stages.values() for section, values in stage.parameters.items()}
    return Finished(
        {stage: _rows(Path(out.path)) for stage, out in curves.items()},
        dict(flat(parameters)),
        {key: value for out in metrics for key, value in _numbers(Path(out.path))},
        {**of_git(), "recipe": _recipe(parameters), **of_lock()},
    )


def of_git() -> dict[str, str | bool]:
    """The commit here, and whether tracked files differ from it."""
    head = git.text_if_any("rev-parse", "HEAD").strip()
    changed = git.text_if_any("status", "--porcelain", "--untracked-files=no").strip()
    return {"git.commit": head or "none", "git.dirty": bool(changed)}


def of_lock() -> dict[str, str | bool]:
    """The sha256 of dvc.lock, and the DVC experiments that have the same one."""
    content, names = LOCK.read_bytes(), []
    for baseline, name in references.experiments():
        with suppress(lock.RevisionUnknown):
            if lock.at_revision(LOCK, references.of_experiment(baseline, name)) == content:
                names.append(name)
    found: dict[str, str | bool] = {"dvc_lock.sha256": hashlib.sha256(content).hexdigest()}
    return {**found, **({"experiment": ", ".join(sorted(names))} if names else {})}


def metrics_of(stages: Iterable[str], parameters: dict[str, Any]) -> dict[str, float]:
    """The numbers here that come from these stages, run with these parameters, and from nothing else since.

    Args:
        stages: that trained.
        parameters: the parsed params.yaml that they trained with.
    """
    try:
        locked = lock.read()
    except lock.LockUnreadable:
        return {}
    makers = {out.path: locked.producer(out.path) for out in _outputs(locked, METRICS)}
    return {
        key: value
        for path, maker in makers.items()
        if maker and {stage.name for stage in locked.back_from(maker)}.intersection(stages)
        if coherence.holds(path, parameters)
        for key, value in _numbers(Path(path))
    }


def _numbers(path: Path) -> Iterator[tuple[str, float]]:
    """Every finite number of a metrics file with the name of the file before its dotted key."""
    for key, value in flat(json.loads(path.read_text(encoding="utf-8"))):
        if isinstance(value, int | float) and math.isfinite(value):
            yield f"{path.stem}.{key}", float(value)


def _mixed(locked: Lock, files: Iterable[File]) -> Iterator[str]:
    """A line for each sign that the stages did not run one after the other, with the same parameters, or that a file is
    not theirs."""
    seen: dict[str, Any] = {}
    for stage in locked.stages.values():
        yield from coherence.stale(locked, stage)
        for section, values in stage.parameters.items():
            if seen.setdefault(section, values) != values:
                yield f"{section}: the stages of {LOCK} ran with different values"
    says = {"other": f"is not the one that {LOCK} names", "missing": "is not there"}
    for file in files:
        if (state := contents.state(file)) in says:
            yield f"{file.path} {says[state]}"


def _outputs(locked: Lock, folder: Path) -> list[File]:
    return sorted((out for _, out in locked.outputs() if Path(out.path).parent == folder), key=lambda out: out.path)


def _rows(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]


def _recipe(parameters: dict[str, Any]) -> str:
    """The preset's name: only a label, which no stage reads, so that it is in params.yaml alone, here or in HEAD."""
    for revision in (None, "HEAD"):
        with suppress(PromptganError, YAMLError):
            document = coherence.parameters(revision)
            if all(document.get(section) == values for section, values in parameters.items()):
                return str(document["recipe"])
    return "unnamed"
