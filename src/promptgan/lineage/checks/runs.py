"""What the stages wrote down about their own run, run.json: inputs, parameters, packages and interpreter."""

import platform
from collections.abc import Iterator

from packaging.version import Version

from promptgan.core.record import PACKAGE_LOCK
from promptgan.lineage import lock, packages
from promptgan.lineage.evidence import Evidence
from promptgan.terms.audit import NOTHING, Found, differences

WITHOUT_RECORD = ("download", "report")
"""Stages whose folder holds no run.json: raw data has provenance.json, the page shows the hashes of what it read."""


def record(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
    """A stage's run.json agrees with the files it read, with dvc.lock, requirements.lock and this interpreter."""
    folder = next((out.path for out in stage.outputs if out.files is not None), None)
    if folder is None or stage.name in WITHOUT_RECORD:
        return
    path = f"{folder}/run.json"
    run = evidence.json(path)
    remedy = f"`dvc checkout {path}` restores what the stage wrote; `dvc repro --force {stage.name}` runs it again"
    where = f"dvc.lock (stage {stage.name})"
    expected = {"stage": stage.name, "parameters": stage.parameters}
    for key, value, found in differences(expected, {key: run.get(key) for key in expected}):
        yield Found(f"{path} {key} -> {where}", str(value), str(found), remedy)

    inputs: dict[str, str] = run.get("inputs", {})
    for file, sha256 in sorted(inputs.items()):
        if not any(lock.lies_in(file, dependency.path) for dependency in stage.dependencies):
            yield Found(f"{path} inputs {file} -> {where}", "a dependency of the stage", "none that it has", remedy)
        elif (here := evidence.sha256(file)) != sha256:
            yield Found(f"{path} inputs {file} -> {file}", f"sha256 {sha256}", f"sha256 {here or NOTHING}", remedy)
    for dependency in stage.dependencies:
        if evidence.lock.producer(dependency.path) and not any(lock.lies_in(file, dependency.path) for file in inputs):
            yield Found(f"{path} inputs -> {where}", f"files of {dependency.path}", NOTHING, remedy)

    package_lock = evidence.sha256(str(PACKAGE_LOCK))
    if run.get("package_lock") != package_lock:
        told = f"sha256 {package_lock}", str(run.get("package_lock"))
        yield Found(f"{path} package_lock -> {PACKAGE_LOCK}", *told, remedy)
    python, then = platform.python_version(), str(run.get("python"))
    if then.split(".")[:2] != python.split(".")[:2]:
        remedy_of_python = "run `make clean-venv run` with Python 3.11"
        yield Found(f"{path} python -> this interpreter", python, then, remedy_of_python)
    pinned = next((package.version for package in evidence.packages if package.name == "torch"), None)
    if "torch" in run and pinned and Version(run["torch"]).public != Version(pinned).public:
        yield Found(f"{path} torch -> {PACKAGE_LOCK}", pinned, run["torch"], remedy)


def installed(evidence: Evidence) -> Iterator[Found]:
    """The installed packages are those of requirements.lock, whose hash every run.json holds."""
    for package, version in packages.differing(evidence.packages):
        remedy = f"`.venv/bin/pip install -r {PACKAGE_LOCK}`, or `make clean-venv run`"
        link = f"installed {package.name} -> {PACKAGE_LOCK}"
        yield Found(link, package.version, version or "not installed", remedy)


def note(evidence: Evidence) -> Iterator[str]:
    """The stages by the kind of processor and Python that they ran on."""
    places: dict[str, list[str]] = {}
    for stage, run in evidence.runs.items():
        places.setdefault(f"{run.get('device', 'no torch')}, Python {run.get('python')}", []).append(stage)
    told = "; ".join(f"{', '.join(stages)}: {place}" for place, stages in places.items())
    yield f"computed on: {told}. Another kind of processor gives other last bits: `promptgan check-results`"
