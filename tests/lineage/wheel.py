"""A virtual environment that holds promptgan's wheel, what the wheel depends on, and nothing else."""

import re
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


def environment(folder: Path) -> Path:
    """Make one in ``folder`` without network, and return its `promptgan` command.

    The dependencies are links to those of this Python, so that torch is not installed anew.
    """
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv/bin/python"
    _run(*PIP, "--python", str(python), "install", "--no-deps", "--no-index", str(_wheel(folder)))
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    (installed,) = metadata.distributions(path=[str(site)])
    for dependency in _closure(installed):
        _link(dependency, site)
    return folder / "venv/bin/promptgan"


def _wheel(folder: Path) -> Path:
    """Of the working tree, new files that Git would track too."""
    listed = _run("git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "src")
    for name in [*listed.split(), "pyproject.toml", "README.md"]:
        if (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "source" / name).write_bytes((ROOT / name).read_bytes())
    _run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(folder / "source"))
    (wheel,) = folder.glob("*.whl")
    return wheel


def _closure(root: metadata.Distribution) -> list[metadata.Distribution]:
    """Everything that a distribution needs, without its extras."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [(root, {""})]
    while waiting:
        distribution, extras = waiting.pop()
        for text in distribution.requires or []:
            needed = Requirement(text)
            if needed.marker and not any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                continue
            name = re.sub(r"[-_.]+", "-", needed.name).lower()
            if name not in found:
                found[name] = metadata.distribution(needed.name)
                waiting.append((found[name], {"", *needed.extras}))
    return list(found.values())


def _link(distribution: metadata.Distribution, site: Path) -> None:
    for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] != ".."}:
        if top != "__pycache__" and not (site / top).exists():
            (site / top).symlink_to(distribution.locate_file(top))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
