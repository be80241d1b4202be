"""What every stage may import: the error base, typed parameters, and choosing a module by its file name."""

import csv
import difflib
import errno
import importlib
import io
import json
import os
import reprlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Self, TypeVar

import pydantic
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PARAMS_FILE = Path("params.yaml")

P = TypeVar("P", bound="Parameters")


class PromptganError(Exception):
    """An expected failure: what went wrong, and the remedy."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n  -> {remedy}")
        self.problem = problem
        self.remedy = remedy


class ParameterError(PromptganError):
    """One or more keys of params.yaml are wrong; every one of them is listed."""

    exit_code = 2

    def __init__(self, problems: list[str], path: Path = PARAMS_FILE) -> None:
        self.problems, self.path = problems, path
        super().__init__(
            "\n".join([f"{path}: {len(problems)} wrong key(s)", *(f"  {line}" for line in problems)]),
            f"correct {path}, then run `promptgan check`; `promptgan use RECIPE` writes a complete one",
        )


class Parameters(pydantic.BaseModel):
    """A section of params.yaml: frozen, typed, no unknown keys."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class StageParameters(Parameters):
    """The sections that one stage reads; its field names are those that dvc.yaml declares for it."""

    @classmethod
    def read(cls, path: Path = PARAMS_FILE) -> Self:
        """Read this stage's sections from ``path`` and ignore the others.

        Raises:
            ParameterError: the file cannot be read, or a key of these sections is wrong.
        """
        document = load_params(path)
        return validated(cls, {key: document[key] for key in cls.model_fields if key in document}, path=path)


def load_params(path: Path = PARAMS_FILE, allow_repeated: bool = False) -> dict[str, Any]:
    """Parse a parameter file into a dictionary, as DVC does: YAML 1.2, where 1e-3 is a number and a key comes once.

    Args:
        path: the file.
        allow_repeated: take the first of repeated keys, for a caller who reports them.

    Raises:
        ParameterError: the file is missing, is not YAML, or is not a mapping.
    """
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.allow_duplicate_keys = allow_repeated
        document = yaml.load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError, ValueError, RecursionError) as error:
        raise ParameterError([f"the file cannot be read: {' '.join(str(error).split())[:300]}"], path) from error
    if not isinstance(document, dict):
        raise ParameterError([f"the file holds {shown(document)}, not sections of keys"], path)
    return document


def validated(cls: type[P], values: Any, section: str = "", path: Path = PARAMS_FILE) -> P:
    """Validate ``values`` against ``cls``; ``section`` is the dotted prefix that errors show.

    Raises:
        ParameterError: lists every wrong key with what was there, what is allowed and the nearest right name.
    """
    try:
        return cls.model_validate(values)
    except pydantic.ValidationError as error:
        raise ParameterError(describe(error, cls, section), path) from error


def describe(error: pydantic.ValidationError, cls: type[Parameters], section: str = "") -> list[str]:
    """One line per wrong key of a validation error."""
    lines = []
    for item in error.errors():
        parts = [str(part) for part in item["loc"]]
        key = ".".join([section, *parts] if section else parts) or "(file)"
        if item["type"] == "extra_forbidden":
            known = list(_fields_at(cls, parts[:-1]))
            lines.append(f"{key}: unknown key{nearest(parts[-1], known)}; allowed here: {', '.join(known)}")
        elif item["type"] == "missing":
            lines.append(f"{key}: missing")
        else:
            lines.append(f"{key}: found {shown(item['input'])}; {item['msg'][0].lower()}{item['msg'][1:]}")
    return lines


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


def chosen(package: str, section: str, values: dict[str, Any], by: str) -> Any:
    """Validate a section against the parameters of the choice that its key ``by`` names.

    Args:
        package: dotted name of the folder of choices; each is a folder with ``parameters.py``.
        section: its name in params.yaml.
        values: what it holds.
        by: the key.

    Raises:
        ParameterError: there is no such choice, or a key of the section is wrong.
    """
    return validated(choose(package, values.get(by), f"{section}.{by}", "parameters").Parameters, values, section)


def choices(package: str) -> list[str]:
    """The names in a folder of choices, found by the names of files and subfolders alone."""
    folders = [Path(folder) for folder in importlib.import_module(package).__path__]
    files = [path.stem for folder in folders for path in folder.glob("*.py") if path.stem != "__init__"]
    subfolders = [path.name for folder in folders for path in folder.iterdir() if any(path.rglob("*.py"))]
    return sorted(files + subfolders)


def main_repository(folder: Path | None = None) -> Path:
    """The repository whose store of own data and checkpoints a folder shares; the folder itself where it shares none.

    Of a DVC experiment's temporary copy it is the one that it was copied from, of a Git work tree the main one.
    """
    folder = (folder or Path.cwd()).resolve()
    for parent in folder.parents:
        if parent.name == "exps" and parent.parent.name == "tmp" and parent.parent.parent.name == ".dvc":
            folder = parent.parent.parent.parent
            break
    pointer = folder / ".git"
    if not pointer.is_file():  # a work tree's names its folder below that of the main one
        return folder
    own = folder / pointer.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
    shared = own / "commondir"
    if not shared.is_file():  # a submodule
        return folder
    main = (own / shared.read_text(encoding="utf-8").strip()).resolve()
    return main.parent if main.name == ".git" else folder


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys and a final newline, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".partial")
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)


def write_csv(path: Path, rows: list[dict[str, Any]], columns: Sequence[str] = ()) -> None:
    """Write rows as CSV, whole or not at all; six significant digits.

    Columns are ``columns`` and then those of the rows, in order of first appearance.
    """
    columns = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".partial")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)
    temporary.replace(path)


class FileRefused(PromptganError):
    """The system would not read or write a file."""

    def __init__(self, error: OSError) -> None:
        remedies = dict.fromkeys(
            (errno.ENOSPC, errno.EDQUOT), "free some space, then run the same again; what was finished is kept"
        )
        remedies |= dict.fromkeys(
            (errno.EACCES, errno.EPERM, errno.EROFS), "make it yours to read and write, or name another place"
        )
        remedies[errno.ENAMETOOLONG] = "choose a shorter name"
        path = error.filename2 or error.filename
        words = (error.strerror or str(error) or type(error).__name__).split("] ")[-1]
        super().__init__(
            f"{path}: {words}" if path else words,
            remedies.get(error.errno or 0, "look at the path; `dvc checkout` brings back what a run has made"),
        )


@contextmanager
def clean_errors() -> Iterator[None]:
    """Print an expected failure, one of the file system too, without a traceback and exit with its code.

    What the terminal's encoding lacks is printed escaped.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield
    except BrokenPipeError:  # whoever was reading has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except (PromptganError, OSError) as error:
        found = error if isinstance(error, PromptganError) else FileRefused(error)
        print(f"error: {found}", file=sys.stderr)
        raise SystemExit(found.exit_code) from None


def _fields_at(cls: type[Parameters], parts: list[str]) -> list[str]:
    for part in parts:
        field = cls.model_fields.get(part)
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, Parameters):
            return []
        cls = field.annotation
    return list(cls.model_fields)


def nearest(name: str, known: list[str]) -> str:
    """The known name that ``name`` was probably meant to be, as a clause to put into a message; or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def shown(value: object) -> str:
    """A value as a message shows it: its repr, shortened."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 60
    try:
        return short.repr(value)
    except ValueError:  # an integer of more digits than Python prints
        return f"a very long {type(value).__name__}"
