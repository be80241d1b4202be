"""Python, its packages and the programs that the pipeline calls."""

import shutil
import sys
from pathlib import Path

import promptgan
from promptgan.doctor.finding import Finding, near, note, problem
from promptgan.lineage.counting import few
from promptgan.lineage.packages import differing, read

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
        wanted = [package for package in read(lock.read_text(encoding="utf-8")) if package.applies]
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        return problem("packages", f"{lock.name} cannot be read: {reason}", f"git checkout {lock.name}")
    different = [
        f"{each.name} {here} (pinned {each.version})" if here else f"{each.name} is not installed"
        for each, here in differing(wanted)
    ]
    if not different:
        return Finding("packages", f"{len(wanted)} as in {lock.name}")
    found = f"{len(different)} of {len(wanted)} differ from {lock.name}: {few(different, SHOWN)}"
    return problem("packages", found, f"{near(Path(sys.executable))} -m pip install -r {lock.name}")


def interpreter() -> Finding:
    """Whether the shell that DVC starts for a stage finds this very Python under the name `python`."""
    own, found = Path(sys.prefix, "bin"), shutil.which("python")
    if found and Path(found).parent == own:
        return Finding("stages run", str(near(Path(found))))
    other = f"{found or 'no `python` on PATH'}, not {near(own / 'python')}"
    remedy = "run `make clean-venv run`: the .venv that make builds comes first on PATH; or activate this one"
    return problem("stages run", other, remedy)


def code(root: Path) -> Finding:
    """Whether the `promptgan` command runs the code of this repository."""
    loaded = Path(promptgan.__file__).parent
    if loaded == (root / "src/promptgan").resolve():
        return Finding("promptgan", "src/promptgan")
    other = f"this command's code is {loaded}; stages run src/promptgan of this folder"
    return note("promptgan", other, "use the .venv of this folder: `make run` builds it")


def programs() -> Finding:
    """Whether git and make are there."""
    paths = {name: shutil.which(name) for name in ("git", "make")}
    if not (missing := " and ".join(name for name, path in paths.items() if not path)):
        return Finding("programs", ", ".join(map(str, paths.values())))
    if not paths["git"]:
        return problem("programs", f"{missing} missing", f"install {missing}")
    dvc = near(Path(sys.prefix, "bin", "dvc"))
    return note("programs", f"{missing} missing", f"install {missing}, or run `{dvc} repro`")
