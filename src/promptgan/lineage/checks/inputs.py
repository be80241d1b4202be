"""What the stages ran with: commands, code, parameters and package lock of today against dvc.lock."""

from collections import defaultdict
from collections.abc import Iterator

from promptgan.lineage import lock
from promptgan.lineage.checks.evidence import Broken, Evidence, at
from promptgan.terms.audit import NOTHING, differences


def finished(evidence: Evidence) -> Iterator[Broken]:
    """Every stage of dvc.yaml has run."""
    for name in evidence.declared:
        if name not in evidence.lock.stages:
            yield Broken(
                f"dvc.yaml (stage {name}) -> dvc.lock",
                "what the stage read and wrote",
                "it has not run: its outputs cannot be verified",
                "`make run`",
            )


def declaration(evidence: Evidence, stage: lock.Stage) -> Iterator[Broken]:
    """The stage ran as dvc.yaml declares it: its command, dependencies, sections of parameters and outputs."""
    declared = evidence.declared[stage.name]
    pairs = {
        "command": ({declared.command}, {stage.command}),
        "dependencies": (declared.dependencies, {file.path for file in stage.dependencies}),
        "parameters": (declared.parameters, set(stage.parameters)),
        "outputs": (declared.outputs, {file.path for file in stage.outputs}),
    }
    for what, (expected, found) in pairs.items():
        if expected != found:
            yield Broken(
                f"dvc.yaml {what} (stage {stage.name}) -> dvc.lock (stage {stage.name})",
                f"declared alone: {', '.join(sorted(expected - found)) or NOTHING}",
                f"in the lock alone: {', '.join(sorted(found - expected)) or NOTHING}",
                f"`git checkout dvc.yaml dvc.lock` undoes an edit; `dvc repro {stage.name}` runs what is declared",
            )


def code(evidence: Evidence) -> Iterator[Broken]:
    """Every file that no stage makes, code and requirements.lock for instance, is as the stages read it."""
    readers: dict[lock.File, list[str]] = defaultdict(list)
    for stage in evidence.lock.stages.values():
        for dependency in stage.dependencies:
            if evidence.lock.producer(dependency.path) is None:
                readers[dependency].append(stage.name)
    for file, stages in readers.items():
        tree = evidence.tree(file.path)
        if tree is None or (tree.md5, tree.size, tree.count) != (file.md5, file.size, file.files):
            yield Broken(
                f"{file.path} -> dvc.lock (stage {', '.join(stages)})",
                f"md5 {file.md5}, {file.size} bytes",
                f"md5 {tree.md5}, {tree.size} bytes" if tree else "it is missing",
                f"`git checkout {file.path}` if it should not have changed, else `dvc repro`",
            )


def parameters(evidence: Evidence, stage: lock.Stage) -> Iterator[Broken]:
    """The stage ran with the parameters that params.yaml holds."""
    for section, locked in stage.parameters.items():
        for key, expected, found in differences(locked, at(evidence.params, section), section):
            yield Broken(
                f"params.yaml {key} -> dvc.lock (stage {stage.name})",
                str(expected),
                str(found),
                f"`git checkout params.yaml` if it should not have changed, else `dvc repro {stage.name}`",
            )
