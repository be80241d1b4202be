"""What a dvc.lock vouches for: curves, parameters and numbers that belong together, and what names the run."""

import csv
import hashlib
import json
import math
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan import git
from promptgan.core.errors import PromptganError
from promptgan.core.flat import flat
from promptgan.core.parameters import PARAMS_FILE, load_params
from promptgan.lineage import contents, lock, references
from promptgan.lineage.lock import LOCK, File, Lock

METRICS, PLOTS = Path("metrics"), Path("plots")
TRAININGS = ("pretrain", "train", "control")
"""The stages that write a live curve, in the order in which they run."""


class MixedRun(PromptganError):
    """The files here are not all of the run that dvc.lock describes."""


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
    """The `numbers` of metrics/*.json."""
    identity: dict[str, str | bool]
    """What it comes from: `of_git`, the preset, `of_lock`."""


def read() -> Finished:
    """The run that lies here.

    Raises:
        LockUnreadable: there is no dvc.lock here, or it is broken.
        NothingFinished: none of the `TRAININGS` is in it.
        MixedRun: a file is not the one that dvc.lock names, or dvc.lock is not of one run; names every one.
    """
    locked = lock.read()
    plots = {Path(out.path).stem: out for out in _outputs(locked, PLOTS)}
    curves = {stage: plots[stage] for stage in TRAININGS if stage in plots}
    if not curves:
        raise NothingFinished(f"{LOCK} holds no training", "run `make run` first, or add --follow and run it meanwhile")
    metrics = _outputs(locked, METRICS)
    if problems := dict.fromkeys(mixed(locked, [*curves.values(), *metrics])):
        raise MixedRun(
            "\n  ".join(["the files here are not of one finished run:", *problems]),
            "finish it with `make run`, or take the last commit's back: `git checkout -- dvc.lock metrics plots`",
        )
    ran_with = {section: values for stage in locked.stages.values() for section, values in stage.parameters.items()}
    return Finished(
        {stage: _rows(Path(out.path)) for stage, out in curves.items()},
        dict(flat(ran_with)),
        numbers({out.path: json.loads(Path(out.path).read_bytes()) for out in metrics}),
        {**of_git(), "recipe": _recipe(ran_with), **of_lock()},
    )


def parameters(revision: str | None = None) -> dict[str, Any]:
    """The parsed params.yaml of this folder, or of a Git revision.

    Raises:
        ParameterError: the one here cannot be read.
        RevisionUnknown: Git does not know the revision, or it holds none.
    """
    if revision is None:
        return load_params()
    return YAML(typ="safe").load(lock.at_revision(PARAMS_FILE, revision)) or {}


def measured(parameters: dict[str, Any], revision: str | None = None, of: Collection[str] = ()) -> dict[str, Any]:
    """What each file of metrics/ holds that was made with these parameters and from what the other stages made.

    An experiment that ran some stages only has the others' files too, as its commit had them; they tell nothing of it.

    Args:
        parameters: the parsed params.yaml that the numbers should come from.
        revision: where to look; here where None.
        of: stages of which one must have had a part in it; any where there is none.
    """
    found = {}
    with suppress(PromptganError):
        locked = lock.read(revision)
        for maker, out in locked.outputs():
            before = locked.back_from(maker)
            ran_with = [section for stage in before for section in stage.parameters.items()]
            if (
                Path(out.path).parent != METRICS
                or (of and not {stage.name for stage in before}.intersection(of))
                or any(locked.stale(stage) for stage in before)
                or any(parameters.get(name) != values for name, values in ran_with)
            ):
                continue
            with suppress(lock.RevisionUnknown, OSError, ValueError):
                content = lock.at_revision(Path(out.path), revision)
                if hashlib.md5(content, usedforsecurity=False).hexdigest() == out.md5:
                    found[out.path] = json.loads(content)
    return found


def numbers(metrics: dict[str, Any]) -> dict[str, float]:
    """Every finite number of metrics files, by the name of the file before its dotted key."""
    return {
        f"{Path(path).stem}.{key}": float(value)
        for path, content in metrics.items()
        for key, value in flat(content)
        if isinstance(value, int | float) and math.isfinite(value)
    }


def mixed(locked: Lock, files: Iterable[File]) -> Iterator[str]:
    """A line for each sign that the stages did not run one after the other, with the same parameters, or that a file is
    not theirs."""
    seen: dict[str, Any] = {}
    for stage in locked.stages.values():
        yield from (f"{stage.name} used a {old.path} that was made anew since" for old, _ in locked.stale(stage))
        for section, values in stage.parameters.items():
            if seen.setdefault(section, values) != values:
                yield f"{section}: the stages of {LOCK} ran with different values"
    says = {"other": f"is not the one that {LOCK} names", "missing": "is not there"}
    for file in files:
        if (state := contents.state(file)) in says:
            yield f"{file.path} {says[state]}"


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


def _outputs(locked: Lock, folder: Path) -> list[File]:
    return sorted((out for _, out in locked.outputs() if Path(out.path).parent == folder), key=lambda out: out.path)


def _rows(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]


def _recipe(ran_with: dict[str, Any]) -> str:
    """The preset's name: only a label, which no stage reads, so that it is in params.yaml alone, here or in HEAD."""
    for revision in (None, "HEAD"):
        with suppress(PromptganError, YAMLError):
            document = parameters(revision)
            if all(document.get(section) == values for section, values in ran_with.items()):
                return str(document["recipe"])
    return "unnamed"
