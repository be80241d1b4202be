"""What changed since a stage ran: its declaration, parameters, code and inputs against dvc.lock."""

from collections.abc import Iterator

from promptgan.core.parameters import PARAMS_FILE
from promptgan.lineage import lock
from promptgan.lineage.evidence import Evidence
from promptgan.terms.audit import NOTHING, Found, differences


def declaration(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
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
            yield Found(
                f"dvc.yaml {what} (stage {stage.name}) -> dvc.lock (stage {stage.name})",
                f"declared alone: {', '.join(sorted(expected - found)) or NOTHING}",
                f"in the lock alone: {', '.join(sorted(found - expected)) or NOTHING}",
                f"`git checkout dvc.yaml dvc.lock` undoes an edit; `dvc repro {stage.name}` runs what is declared",
            )


def parameters(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
    """The stage ran with the parameters that params.yaml holds."""
    now = {section: evidence.params.get(section) for section in stage.parameters}
    for key, expected, found in differences(stage.parameters, now):
        yield Found(
            f"{PARAMS_FILE} {key} -> dvc.lock (stage {stage.name})",
            str(expected),
            str(found),
            f"`git checkout params.yaml` if it should not have changed, else `dvc repro {stage.name}`",
        )


def code(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
    """Every file that no stage makes, code and requirements.lock for instance, is as the stage read it."""
    for file in stage.dependencies:
        if evidence.lock.producer(file.path) is None and (here := evidence.file(file.path)) != file:
            yield Found(
                f"{file.path} -> dvc.lock (stage {stage.name})",
                described(file),
                described(here) if here else "it is missing",
                f"`git checkout {file.path}` if it should not have changed, else `dvc repro`",
            )


def inputs(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
    """What a stage read of another one is what that one wrote."""
    makers = {out.path: maker.name for maker, out in evidence.lock.outputs()}
    for used, made in evidence.lock.stale(stage):
        yield Found(
            f"dvc.lock {used.path} (read by stage {stage.name}) -> dvc.lock (stage {makers[used.path]})",
            described(made),
            described(used),
            f"`git checkout dvc.lock && dvc checkout`, or `dvc repro {stage.name}`",
        )


def described(file: lock.File) -> str:
    """Hash, size and number of files."""
    files = f", {file.files} files" if file.files is not None else ""
    return f"md5 {file.md5}, {file.size} bytes{files}"


CAUSES = (inputs, declaration, parameters, code)


def changed(link: Found) -> str:
    """What a broken link of one of these checks says to have changed, in a word or two."""
    what = link.link.partition(" -> ")[0].partition(" (")[0].removeprefix("dvc.lock ")
    return "dvc.yaml" if what.startswith("dvc.yaml ") else what
