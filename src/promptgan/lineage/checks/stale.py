"""Which stages have not run, or not since what they read changed: what is broken behind them follows from that."""

from collections.abc import Iterator

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import PARAMS_FILE
from promptgan.lineage import lock
from promptgan.lineage.checks.evidence import Evidence, at
from promptgan.terms.audit import differences

NEVER = "never run"


def stale(evidence: Evidence) -> dict[str, list[str]]:
    """The stages to run, in the order of dvc.yaml, each with what it reads that changed since it ran.

    Nothing stands beside a stage that only reads what an earlier one of them will write anew. What cannot be read
    counts as unchanged: it is a broken link by itself.
    """
    found: dict[str, list[str]] = {}
    for name in evidence.declared:
        stage = evidence.lock.stages.get(name)
        if stage is None:
            found[name] = [NEVER]
        elif changed := list(dict.fromkeys(_changed(evidence, stage))):
            found[name] = changed
        elif any(maker.name in found for maker in evidence.lock.upstream(stage)):
            found[name] = []
    return found


def _changed(evidence: Evidence, stage: lock.Stage) -> Iterator[str]:
    declared = evidence.declared[stage.name]
    files = frozenset(file.path for file in stage.dependencies)
    now = (declared.command, declared.dependencies, declared.parameters)
    if (stage.command, files, frozenset(stage.parameters)) != now:
        yield str(lock.PIPELINE)
    for section, locked in stage.parameters.items():
        for key, _, _ in differences(locked, at(evidence.params, section), section):
            yield f"{PARAMS_FILE} {key}"
    yield from (dependency.path for dependency, _ in evidence.lock.stale(stage))
    for dependency in stage.dependencies:
        if evidence.lock.producer(dependency.path) is None and _differs(evidence, dependency):
            yield dependency.path


def _differs(evidence: Evidence, file: lock.File) -> bool:
    try:
        tree = evidence.tree(file.path)
    except PromptganError:
        return False
    return tree is None or tree.md5 != file.md5
