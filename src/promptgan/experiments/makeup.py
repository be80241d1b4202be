"""What a run is made of, the training seed apart: as its dvc.lock has it, and as a preset would have it here."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptgan.core.errors import shown
from promptgan.core.flat import flat
from promptgan.core.parameters import load_params
from promptgan.lineage.hashes import IGNORED, md5_of, md5_of_listing
from promptgan.lineage.lock import OUTPUTS, PIPELINE, Lock, lies_in
from promptgan.quality import exclusions

SEED = "seed"


@dataclass(frozen=True)
class Makeup:
    """Everything that determines a run but its seed. Equal makeups and seeds make the same run."""

    commands: dict[str, str]
    """The command of every stage."""
    inputs: dict[str, str]
    """The md5, as DVC has it, of every dependency that no stage makes: code, packages, what is committed. Of
    data/excluded.csv only what concerns the run's own data set counts."""
    parameters: dict[str, Any]
    """The sections of params.yaml that stages declare."""

    @property
    def task(self) -> str:
        """What its models are measured as."""
        return str(self.parameters["task"])

    def differences(self, now: "Makeup") -> list[str]:
        """What is not the same in another makeup: stages, files and parameters, by name."""
        return [
            *(f"stage {name}" for name in unequal(self.commands, now.commands)),
            *(f"{path} {_how(path, self.inputs, now.inputs)}" for path in unequal(self.inputs, now.inputs)),
            *(
                f"{key}: {value_shown(key, old)} then, {value_shown(key, new)} now"
                for old, new in [(dict(flat(self.parameters)), dict(flat(now.parameters)))]
                for key in unequal(old, new)
            ),
        ]


def of_lock(lock: Lock, folder: Path = Path()) -> Makeup:
    """The makeup of the run that a dvc.lock describes.

    Args:
        lock: the run's.
        folder: where the run took place; its data/excluded.csv is read.

    Raises:
        ExclusionsUnreadable: the list of excluded records is broken.
    """
    stages = lock.stages.values()
    parameters = {key: value for stage in stages for key, value in stage.parameters.items() if key != SEED}
    inputs = {dep.path: dep.md5 for stage in stages for dep in stage.dependencies if lock.producer(dep.path) is None}
    listed = exclusions.LIST.as_posix()
    if listed in inputs:
        inputs[listed] = _md5_of_exclusions(folder / listed, parameters)
    return Makeup({stage.name: stage.command for stage in stages}, inputs, parameters)


def of_working_tree(document: dict[str, Any]) -> Makeup:
    """The makeup that a run with these parameters would have with the files that are here now.

    Args:
        document: a parsed parameter file.

    Raises:
        ExclusionsUnreadable: the list of excluded records is broken.
    """
    stages = load_params(PIPELINE)["stages"]
    made = [path for stage in stages.values() for path in paths(stage, *OUTPUTS)]
    needed = {_filled(path, document) for stage in stages.values() for path in paths(stage, "deps")}
    sections = {key for stage in stages.values() for key in paths(stage, "params")} - {SEED}
    return Makeup(
        commands={name: _filled(stage["cmd"], document) for name, stage in stages.items()},
        inputs={
            path: _md5_of_exclusions(Path(path), document) if Path(path) == exclusions.LIST else _md5(Path(path))
            for path in sorted(needed)
            if not any(lies_in(path, out) for out in made) and Path(path).exists()
        },
        parameters={key: document[key] for key in sections if key in document},
    )


def paths(stage: dict[str, Any], *kinds: str) -> Iterator[str]:
    """What a stage of dvc.yaml lists under some of its keys, without the options there."""
    return (
        name for kind in kinds for item in stage.get(kind, []) for name in ([item] if isinstance(item, str) else item)
    )


def unequal(old: dict[Any, Any], new: dict[Any, Any]) -> list[Any]:
    """The keys whose values are not the same, sorted; a key that one of the two lacks is among them."""
    nothing = object()
    return sorted(key for key in old.keys() | new.keys() if old.get(key, nothing) != new.get(key, nothing))


def value_shown(key: str, values: dict[str, Any]) -> str:
    """A value as a line shows it."""
    return shown(values[key]) if key in values else "nothing"


def _md5_of_exclusions(path: Path, parameters: dict[str, Any]) -> str:
    """Of a list that holds only this data set's records, by id, so that another's change nothing. Without a record it
    is that of the list with nothing in it."""
    name = str(parameters["data"]["name"])
    lines = [",".join(exclusions.COLUMNS), *(f"{name},{key}" for key in sorted(exclusions.excluded(name, path)))]
    return hashlib.md5("".join(f"{line}\n" for line in lines).encode(), usedforsecurity=False).hexdigest()


def _md5(path: Path) -> str:
    if path.is_file():
        return md5_of(path)
    files = (file for file in path.rglob("*") if file.is_file() and IGNORED not in file.parts)
    return md5_of_listing({file.relative_to(path).as_posix(): md5_of(file) for file in files})


def _filled(template: str, document: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        found: Any = document
        for part in match[1].strip().split("."):
            found = found[part]
        return str(found)

    return re.sub(r"\$\{([^}]+)\}", value, template)


def _how(path: str, old: dict[str, str], new: dict[str, str]) -> str:
    if path not in old:
        return "is used now"
    return "has changed" if path in new else "is no longer used"
