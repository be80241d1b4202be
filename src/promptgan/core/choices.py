"""Choosing a module of a folder by its file name."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from promptgan.core.errors import nearest, shown
from promptgan.core.parameters import ParameterError, validate_section


def choose(package: str, name: object, key: str, part: str | None = None) -> ModuleType:
    """Import the choice ``name`` of a folder of choices, such as ``promptgan.objectives``.

    Args:
        package: dotted name of the folder.
        name: the file without ``.py``, or the subfolder, as ``params.yaml`` gives it.
        key: the parameter that holds the name, for the error.
        part: the file inside, dotted, where a choice is a folder: ``parameters``, which imports nothing heavy, or what
            works.

    Raises:
        ParameterError: there is no such choice; lists those that exist.
    """
    known = choices(package)
    if name not in known:
        raise ParameterError([f"{key}: found {shown(name)}{nearest(str(name), known)}; available: {', '.join(known)}"])
    return importlib.import_module(".".join([package, str(name), *([part] if part else [])]))


def chosen_section(package: str, section: str, values: dict[str, Any], by: str) -> Any:
    """Validate a section against the parameters of the choice that its key ``by`` names.

    Args:
        package: dotted name of the folder of choices; each is a folder with ``parameters.py``.
        section: its name in params.yaml.
        values: what it holds.
        by: the key.

    Raises:
        ParameterError: there is no such choice, or a key of the section is wrong.
    """
    return validate_section(
        choose(package, values.get(by), f"{section}.{by}", "parameters").Parameters, values, section
    )


def choices(package: str) -> list[str]:
    """The names in a folder of choices, found by the names of files and subfolders alone."""
    folders = [Path(folder) for folder in importlib.import_module(package).__path__]
    files = [path.stem for folder in folders for path in folder.glob("*.py") if path.stem != "__init__"]
    subfolders = [path.name for folder in folders for path in folder.iterdir() if any(path.rglob("*.py"))]
    return sorted(files + subfolders)
