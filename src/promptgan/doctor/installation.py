"""Python, its packages and the programs that the pipeline calls."""

import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

import promptgan
from promptgan.doctor.finding import Finding, near, note, problem

PYTHON = (3, 11)
SHOWN = 6
"""Differing packages that are named one by one."""


def python() -> Finding:
    """Whether this is the Python that the locked packages are for."""
    found = f"{'.'.join(map(str, sys.version_info[:3]))}, {near(Path(sys.executable))}"
    if sys.version_info[:2] != PYTHON:
        wanted = ".".join(map(str, PYTHON))
        return problem("Python", found, f"install Python {wanted}, then run `make clean-venv run`")
    return Finding("Python", found)


def packages(lock: Path) -> Finding:
    """Whether every package that a requirements file pins for this platform is installed in that version."""
    try:
        pinned = [Requirement(line) for line in _lines(lock)]
    except (OSError, InvalidRequirement) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        return problem("packages", f"{lock.name} cannot be read: {reason}", f"git checkout {lock.name}")
    wanted = [requirement for requirement in pinned if requirement.marker is None or requirement.marker.evaluate()]
    different = [line for requirement in wanted if (line := _difference(requirement))]
    if not different:
        return Finding("packages", f"{len(wanted)} as in {lock.name}")
    named = ", ".join(different[:SHOWN]) + (f" and {len(different) - SHOWN} more" if len(different) > SHOWN else "")
    return problem(
        "packages",
        f"{len(different)} of {len(wanted)} differ from {lock.name}: {named}",
        f"{near(Path(sys.executable))} -m pip install -r {lock.name}",
    )


def interpreter() -> Finding:
    """Whether the shell that DVC starts for a stage finds this very Python under the name `python`."""
    own, found = Path(sys.prefix, "bin"), shutil.which("python")
    if found and Path(found).parent == own:
        return Finding("stages run", str(near(Path(found))))
    return problem(
        "stages run",
        f"{found or 'no `python` on PATH'}, not {near(own / 'python')}",
        "run `make clean-venv run`: the .venv that make builds comes first on PATH; or activate this one",
    )


def code(root: Path) -> Finding:
    """Whether the `promptgan` command runs the code of this repository."""
    loaded = Path(promptgan.__file__).parent
    if loaded == (root / "src/promptgan").resolve():
        return Finding("promptgan", "src/promptgan")
    return note(
        "promptgan",
        f"this command's code is {loaded}; stages run src/promptgan of this folder",
        "use the .venv of this folder: `make run` builds it",
    )


def programs() -> Finding:
    """Whether git and make are there."""
    paths = {name: shutil.which(name) for name in ("git", "make")}
    missing = [name for name, path in paths.items() if not path]
    if not missing:
        return Finding("programs", ", ".join(map(str, paths.values())))
    found, remedy = f"{' and '.join(missing)} missing", f"install {' and '.join(missing)}"
    if "git" in missing:
        return problem("programs", found, remedy)
    return note("programs", found, f"{remedy}, or run `{near(Path(sys.prefix, 'bin', 'dvc'))} repro`")


def _lines(lock: Path) -> list[str]:
    lines = (line.partition(" #")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and line[0] not in "#-"]


def _difference(pinned: Requirement) -> str:
    try:
        installed = version(pinned.name)
    except PackageNotFoundError:
        return f"{pinned.name} is not installed"
    if pinned.specifier.contains(installed, prereleases=True):
        return ""
    return f"{pinned.name} {installed} (pinned {str(pinned.specifier).lstrip('=')})"
