"""What DVC's run-cache remembers of each stage: the outputs that the same command, code, parameters and data gave."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from promptgan.lineage import cache, lock
from promptgan.lineage.evidence import Evidence
from promptgan.terms.audit import Found


def remembered(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
    """The run-cache knows this stage on these inputs, and with no other outputs than dvc.lock has.

    A run is kept as ``runs/KEY/VALUE``: KEY is the sha256 of its command, dependencies, parameters and output paths,
    VALUE that of the same with the outputs' hashes (dvc.stage.cache). An edited hash of an output in dvc.lock keeps
    KEY and changes VALUE; one of code, of a parameter or of an input leaves the outputs under another KEY.
    Nothing is said where the run-cache knows neither: it need not come along with a clone.
    """
    key, value = _name(stage, only_paths=True), _name(stage)
    link = f"dvc.lock (stage {stage.name}) -> run-cache"
    folder = _folder(key)
    if not folder.is_dir():
        for path, then in _runs_with_outputs(stage):
            yield Found(
                link,
                _other_inputs(then, stage),
                f"these outputs with other inputs in dvc.lock: {path.name[:8]} is no run of those",
                f"`git checkout dvc.lock`, or `dvc repro --force --single-item {stage.name}` to see what they give",
            )
        return
    for path in sorted(folder.iterdir()):
        if path.name != value:
            yield Found(
                link,
                f"entry {value[:8]}",
                f"entry {path.name[:8]}: the same inputs gave other outputs",
                f"`dvc repro --force --single-item {stage.name}` says which run is right, as on one machine the same"
                f" inputs give the same bytes: where it leaves dvc.lock as it is, delete {path}, the other run;"
                f" where it changes dvc.lock, keep that and delete {folder / value}, the run that dvc.lock has now",
            )
        elif (holds := _hashes(cache.run(path).outputs)) != _hashes(stage.outputs):
            yield Found(link, f"what entry {value[:8]} is named after", f"it holds {holds}", f"delete {path}")


def forgotten(evidence: Evidence) -> list[str]:
    """The stages that have run and of which the run-cache knows nothing."""
    keys = {name: _name(stage, only_paths=True) for name, stage in evidence.lock.stages.items()}
    return [name for name, key in keys.items() if not _folder(key).is_dir()]


def _folder(key: str) -> Path:
    return cache.folder() / "runs" / key[:2] / key


def _runs_with_outputs(stage: lock.Stage) -> Iterator[tuple[Path, lock.Stage]]:
    """The remembered runs, of any inputs, that gave exactly the outputs of a stage in dvc.lock."""
    wanted = _hashes(stage.outputs)
    for path in cache.runs():
        text = path.read_text(encoding="utf-8", errors="replace")
        if all(md5 in text for md5 in wanted.values()) and _hashes((run := cache.run(path)).outputs) == wanted:
            yield path, run


def _other_inputs(run: lock.Stage, stage: lock.Stage) -> str:
    """What the remembered run that gave a stage's outputs was run with, other than what dvc.lock says."""
    then, now = _hashes(run.dependencies), _hashes(stage.dependencies)
    other = [f"{path} md5 {md5}" for path, md5 in then.items() if now.get(path) != md5]
    other += [f"{path} not among them" for path in now.keys() - then.keys()]
    if run.command != stage.command:
        other.append(f"the command {run.command}")
    if run.parameters != stage.parameters:
        other.append(f"the parameters {run.parameters}")
    return f"these outputs came from {', '.join(other)}"


def _hashes(files: Iterable[lock.File]) -> dict[str, str]:
    return {file.path: file.md5 for file in files}


def _name(stage: lock.Stage, only_paths: bool = False) -> str:
    """The sha256 of a run as the run-cache keeps it, without sizes; its outputs with their hashes or as paths alone."""

    def hashed(file: lock.File) -> dict[str, str]:
        return {"path": file.path, "hash": "md5", "md5": file.md5}

    entry = {
        "cmd": stage.command,
        "deps": [hashed(file) for file in stage.dependencies],
        "params": {"params.yaml": stage.parameters} if stage.parameters else None,
        "outs": [file.path if only_paths else hashed(file) for file in stage.outputs],
    }
    filled = {key: value for key, value in entry.items() if value}
    return hashlib.sha256(json.dumps(filled, sort_keys=True).encode()).hexdigest()
