"""What DVC's run-cache remembers of each stage: the outputs that the same command, code, parameters and data gave."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan.lineage import lock
from promptgan.lineage.evidence import Evidence, Unreadable
from promptgan.terms.audit import Found


def remembered(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
    """The run-cache knows this stage on these inputs, and with no other outputs than dvc.lock has.

    A run is kept as ``runs/KEY/VALUE``: KEY is the sha256 of its command, dependencies, parameters and output paths,
    VALUE that of the same with the outputs' hashes (dvc.stage.cache). An edited hash of an output in dvc.lock keeps
    KEY and changes VALUE; one of code, of a parameter or of an input leaves the outputs under another KEY.
    Nothing is said where the run-cache knows neither: it need not come along with a clone.
    """
    key, value = _sha256(_entry(stage, only_paths=True)), _sha256(_entry(stage))
    link = f"dvc.lock (stage {stage.name}) -> run-cache"
    folder = _folder(evidence, key)
    if not folder.is_dir():
        for path, entry in _runs_with_outputs(evidence, stage):
            yield Found(
                link,
                _other_inputs(entry, stage),
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
        elif _hashes(entry := _read(path)["outs"]) != _hashes(_entry(stage)["outs"]):
            yield Found(link, f"what entry {value[:8]} is named after", f"it holds {_hashes(entry)}", f"delete {path}")


def forgotten(evidence: Evidence) -> list[str]:
    """The stages that have run and of which the run-cache knows nothing."""
    keys = {name: _sha256(_entry(stage, only_paths=True)) for name, stage in evidence.lock.stages.items()}
    return [name for name, key in keys.items() if not _folder(evidence, key).is_dir()]


def _folder(evidence: Evidence, key: str) -> Path:
    return evidence.cache / "runs" / key[:2] / key


def _runs_with_outputs(evidence: Evidence, stage: lock.Stage) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The remembered runs, of any inputs, that gave exactly the outputs of a stage in dvc.lock."""
    wanted = _hashes(_entry(stage)["outs"])
    for path in sorted(evidence.cache.glob("runs/*/*/*")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if (
            all(md5 in text for md5 in wanted.values())
            and _hashes((entry := _read(path, exact=True))["outs"]) == wanted
        ):
            yield path, entry


def _other_inputs(entry: dict[str, Any], stage: lock.Stage) -> str:
    """What the remembered run that gave a stage's outputs was run with, other than what dvc.lock says."""
    now = _entry(stage)
    then, here = _hashes(entry.get("deps", [])), _hashes(now.get("deps", []))
    other = [f"{path} md5 {md5}" for path, md5 in then.items() if here.get(path) != md5]
    other += [f"{path} not among them" for path in here.keys() - then.keys()]
    other += [f"the {name} {entry.get(part)}" for name, part in (("command", "cmd"), ("parameters", "params"))
              if entry.get(part) != now.get(part)]  # fmt: skip
    return f"these outputs came from {', '.join(other)}"


def _read(path: Path, exact: bool = False) -> dict[str, Any]:
    """An entry; numbers among its parameters are as DVC reads them only if ``exact``, which takes ten times as long."""
    try:
        entry = YAML(typ="safe", pure=exact).load(path.read_bytes())
    except (OSError, YAMLError) as error:
        raise Unreadable(path.as_posix(), error) from error
    if not isinstance(entry, dict):
        raise Unreadable(path.as_posix(), "it is no entry of a run-cache")
    return entry


def _hashes(files: list[dict[str, str]]) -> dict[str, str]:
    return {file["path"]: file["md5"] for file in files}


def _entry(stage: lock.Stage, only_paths: bool = False) -> dict[str, Any]:
    """A run as the run-cache keeps it, without sizes, which its hashes leave out."""

    def hashed(file: lock.File) -> dict[str, str]:
        return {"path": file.path, "hash": "md5", "md5": file.md5}

    entry = {
        "cmd": stage.command,
        "deps": [hashed(file) for file in stage.dependencies],
        "params": {"params.yaml": stage.parameters} if stage.parameters else None,
        "outs": [file.path if only_paths else hashed(file) for file in stage.outputs],
    }
    return {key: value for key, value in entry.items() if value}


def _sha256(entry: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()
