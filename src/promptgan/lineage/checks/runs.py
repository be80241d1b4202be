"""What the stages wrote down about their own run, run.json: inputs, parameters, packages and interpreter."""

import functools
import importlib.metadata
import platform
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from promptgan.core.record import PACKAGE_LOCK
from promptgan.lineage import lock
from promptgan.lineage.checks.evidence import Broken, Evidence, Unreadable
from promptgan.terms.audit import NOTHING, differences

RECORD = "run.json"
WITHOUT_RECORD = frozenset({"download", "report"})
"""Stages whose folder holds no run.json: raw data has provenance.json, the page shows the hashes of what it read."""


def records(evidence: Evidence) -> dict[str, str]:
    """The path of each stage's run.json, by stage; of every stage that writes a folder, but for those named above."""
    return {
        stage.name: f"{out.path}/{RECORD}"
        for stage, out in evidence.lock.outputs()
        if out.files is not None and stage.name not in WITHOUT_RECORD
    }


def record(evidence: Evidence, stage: lock.Stage) -> Iterator[Broken]:
    """A stage's run.json agrees with the files it read, with dvc.lock, requirements.lock and this interpreter."""
    if (path := records(evidence).get(stage.name)) is None:
        return
    run = evidence.json(path)
    remedy = f"`dvc checkout {path}` restores what the stage wrote; `dvc repro --force {stage.name}` runs it again"
    where = f"dvc.lock (stage {stage.name})"
    if run.get("stage") != stage.name:
        yield Broken(f"{path} stage -> {where}", stage.name, str(run.get("stage")), remedy)
    for key, expected, found in differences(stage.parameters, run.get("parameters"), "parameters"):
        yield Broken(f"{path} {key} -> {where}", str(expected), str(found), remedy)

    inputs: dict[str, str] = run.get("inputs", {})
    for file, expected in sorted(inputs.items()):
        if not any(lock.lies_in(file, dependency.path) for dependency in stage.dependencies):
            yield Broken(f"{path} inputs {file} -> {where}", "a dependency of the stage", "none that it has", remedy)
        elif (found := evidence.sha256(file)) != expected:
            yield Broken(
                f"{path} inputs {file} -> {file}",
                f"sha256 {expected}",
                f"sha256 {found}" if found else "missing",
                remedy,
            )
    for dependency in stage.dependencies:
        if evidence.lock.producer(dependency.path) and not any(lock.lies_in(file, dependency.path) for file in inputs):
            yield Broken(f"{path} inputs -> {where}", f"files of {dependency.path}", NOTHING, remedy)

    package_lock = evidence.sha256(PACKAGE_LOCK.as_posix())
    if run.get("package_lock") != package_lock:
        yield Broken(
            f"{path} package_lock -> {PACKAGE_LOCK}", f"sha256 {package_lock}", str(run.get("package_lock")), remedy
        )
    here, then = platform.python_version(), str(run.get("python"))
    if _minor(then) != _minor(here):
        yield Broken(f"{path} python -> this interpreter", here, then, "run `make clean-venv run` with Python 3.11")
    if "torch" in run and (pinned := _pinned().get("torch")) and _public(run["torch"]) != _public(pinned):
        yield Broken(f"{path} torch -> {PACKAGE_LOCK}", pinned, run["torch"], remedy)


def packages(evidence: Evidence) -> Iterator[Broken]:
    """The installed packages are those of requirements.lock, whose hash every run.json holds."""
    for name, version in sorted(_pinned().items()):
        installed = _installed(name)
        if installed is None or _public(installed) != _public(version):
            yield Broken(
                f"installed {name} -> {PACKAGE_LOCK}",
                version,
                installed or "not installed",
                f"`.venv/bin/pip install -r {PACKAGE_LOCK}`, or `make clean-venv run`",
            )


def computed_on(evidence: Evidence) -> list[str]:
    """One sentence for each kind of processor and Python that the stages ran on."""
    places: dict[tuple[str, str], list[str]] = {}
    for stage, path in records(evidence).items():
        run = evidence.json(path)
        places.setdefault((str(run.get("device", "no torch")), str(run.get("python"))), []).append(stage)
    return [f"{', '.join(stages)}: {device}, Python {python}" for (device, python), stages in places.items()]


def _pinned() -> dict[str, str]:
    """Versions by name, of the lines of requirements.lock that apply to this platform."""
    try:
        return _pins(PACKAGE_LOCK.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # InvalidRequirement is a ValueError
        raise Unreadable(PACKAGE_LOCK.as_posix(), error) from error


@functools.lru_cache(maxsize=1)
def _pins(text: str) -> dict[str, str]:
    wanted = [Requirement(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {
        canonicalize_name(requirement.name): ",".join(pin.version for pin in requirement.specifier)
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate()
    }


@functools.cache
def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _public(version: str) -> str:
    """Without the part that says for which device a wheel was built."""
    return Version(version).public


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
