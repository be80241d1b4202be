"""What a run is made of, the training seed apart: as its dvc.lock has it, and as a preset would have it here."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from promptgan.core.errors import shown
from promptgan.lineage import hashes
from promptgan.lineage.lock import Lock, lies_in
from promptgan.lineage.pipeline import declared
from promptgan.quality import exclusions
from promptgan.ratings import kept
from promptgan.reporting import probes
from promptgan.terms.audit import NOTHING, differences

SEED = "seed"
TOLD_LATER = {kept.LIST, probes.LIST}
"""What people and probes say of a run that is finished: no number of a comparison follows from it."""


@dataclass(frozen=True)
class Makeup:
    """Everything that determines a run but its seed. Equal makeups and seeds make the same run."""

    commands: dict[str, str]
    """The command of every stage."""
    inputs: dict[str, str]
    """The md5, as DVC has it, of every dependency that no stage makes: code, packages, what is committed. Of
    data/excluded.csv only what concerns the run's own data set counts, and `TOLD_LATER` not at all."""
    parameters: dict[str, Any]
    """The sections of params.yaml that stages declare."""

    @property
    def task(self) -> str:
        """What its models are measured as."""
        return str(self.parameters["task"])

    @property
    def digest(self) -> str:
        """Names it in a few characters: that of equal makeups is the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def differences(self, now: "Makeup") -> list[str]:
        """What is not the same in another makeup: stages, files and parameters, by name."""
        how = {(False, True): "is used now", (True, True): "has changed", (True, False): "is no longer used"}
        return [
            *(f"stage {name}" for name, _, _ in differences(self.commands, now.commands)),
            *(f"{p} {how[o != NOTHING, n != NOTHING]}" for p, o, n in differences(self.inputs, now.inputs)),
            *(f"{key}: {told(o)} then, {told(n)} now" for key, o, n in differences(self.parameters, now.parameters)),
        ]


def of_lock(lock: Lock, folder: Path) -> Makeup:
    """The makeup of the run that a dvc.lock describes; ``folder``, where it took place, holds its data/excluded.csv.

    Raises:
        ExclusionsUnreadable: the list of excluded records is broken.
    """
    stages = lock.stages.values()
    parameters = {key: value for stage in stages for key, value in stage.parameters.items() if key != SEED}
    inputs = {dep.path: dep.md5 for stage in stages for dep in stage.dependencies if lock.producer(dep.path) is None}
    for path in TOLD_LATER:
        inputs.pop(path.as_posix(), None)
    listed = exclusions.LIST.as_posix()
    if listed in inputs:
        inputs[listed] = _md5_of_exclusions(folder / listed, parameters)
    return Makeup({stage.name: stage.command for stage in stages}, inputs, parameters)


def of_working_tree(document: dict[str, Any]) -> Makeup:
    """The makeup that a run with a parsed parameter file would have with the files that are here now.

    Raises:
        ParameterError: dvc.yaml names a key that the parameter file lacks.
        ExclusionsUnreadable: the list of excluded records is broken.
    """
    stages = declared(document)
    made = {out for stage in stages.values() for out in stage.outputs}
    needed = {Path(path) for stage in stages.values() for path in stage.dependencies} - TOLD_LATER
    sections = {key for stage in stages.values() for key in stage.parameters} - {SEED}
    return Makeup(
        commands={name: stage.command for name, stage in stages.items()},
        inputs={
            str(path): _md5_of_exclusions(path, document) if path == exclusions.LIST else hashes.tree(path).md5
            for path in sorted(needed)
            if not any(lies_in(str(path), out) for out in made) and path.exists()
        },
        parameters={key: document[key] for key in sections if key in document},
    )


def told(value: Any) -> str:
    """A value of `differences` as a line shows it."""
    return "nothing" if value == NOTHING else shown(value)


def _md5_of_exclusions(path: Path, parameters: dict[str, Any]) -> str:
    """Of a list that holds only this data set's records, by id, so that another's change nothing. Without a record it
    is that of the list with nothing in it."""
    name = str(parameters["data"]["name"])
    lines = [",".join(exclusions.COLUMNS), *(f"{name},{key}" for key in sorted(exclusions.excluded(name, path)))]
    return hashlib.md5("".join(f"{line}\n" for line in lines).encode(), usedforsecurity=False).hexdigest()
