"""Importing your own file of texts."""

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.parameters import validate_section
from promptgan.core.record import sha256
from promptgan.data import own_store
from promptgan.data.sets import local_text
from promptgan.data.sets.local_text import Parameters, read_pairs
from promptgan.data.tables.decoding import format_of

DATA = "local_text"
"""The data set that is the user's own."""
OPTIONS = frozenset({"prompt", "text", "first_words"})
"""What `promptgan use` takes beside the path."""
MIN_PAIRS = 100


class NoSuchFile(PromptganError):
    """The path names no regular file."""

    def __init__(self, path: Path) -> None:
        problem = "a folder, not a file" if path.is_dir() else "no such file"
        super().__init__(f"{path}: {problem}", "give the path of one CSV, TSV, JSONL, Parquet or text file")


class TooFewPairs(PromptganError):
    """The file is empty or has too few usable pairs to train on."""

    def __init__(self, path: Path, found: int, held: str = "") -> None:
        seen = f"{found} usable pair(s)" + (f" ({held})" if held else "")
        super().__init__(
            f"{path}: {seen if path.stat().st_size else 'the file is empty'};"
            f" at least {MIN_PAIRS} are needed, thousands are better",
            "add data, or name other columns; a pair is usable where both its prompt and its text hold words",
        )


def import_own_data(
    path: Path, *, prompt: str | None, text: str | None, first_words: int, root: Path
) -> dict[str, Any]:
    """Check a file, copy it to ``data/own/SHA256/NAME`` of a repository, and track it there with DVC.

    Args:
        path: CSV, TSV, JSON, JSON lines, Parquet or plain text, or one of these gzipped.
        prompt: column of the prompt, `prompt` where None; must be None for plain text.
        text: column of the text, `text` where None; must be None for plain text.
        first_words: of a line of plain text that make its prompt (characters where it is Chinese).
        root: the repository; where it is one of DVC's, the file is added to it so that it can be committed and pushed.

    Returns:
        The section `data` of params.yaml.

    Raises:
        NoSuchFile, UnknownFormat, TooFewPairs, NotUtf8, BrokenFile, WrongColumn: what is wrong with the file.
        ParameterError: the options do not fit the kind of file.
        NotTracked: DVC refused the copy.
    """
    path = path.expanduser()
    if not path.is_file():
        raise NoSuchFile(path)
    if format_of(path) != ".txt":
        prompt, text = prompt or "prompt", text or "text"
    section: dict[str, Any] = {"name": "local_text", "file": path.name, "sha256": sha256(path)}
    section |= {"prompt": prompt, "text": text, "first_words": first_words}
    if not path.stat().st_size:
        raise TooFewPairs(path, 0)
    pairs = read_pairs(path, prompt, text, first_words)  # first: what it finds explains what would come after
    validate_section(Parameters, section, "data")
    usable = sum(all(isinstance(side, str) and side.strip() for side in pair) for pair in pairs.itertuples(index=False))
    longest = max((len(value) for side in pairs for value in pairs[side] if isinstance(value, str)), default=0)
    if usable < MIN_PAIRS:
        raise TooFewPairs(path, usable, "; ".join(_held(pairs, side) for side in ("prompt", "text")))
    counted = f"{len(pairs):,} rows, {usable:,} of them usable pairs"
    print(f"{path.name}: {counted}; the longest cell has {longest:,} characters")

    status = path.stat()
    own_store.put(path, section["sha256"], root, [str(path.resolve()), status.st_size, status.st_mtime_ns])
    return section


def groups(file: Path, document: dict[str, Any]) -> list[str]:
    """The group of each record of an imported file.

    Args:
        file: in the store.
        document: params.yaml.
    """
    return list(local_text.records(file.parent, validate_section(Parameters, document["data"], "data"))["group"])


def _held(pairs: Any, side: str) -> str:
    """What a column holds where it holds no text, for people."""
    kinds = Counter(type(value).__name__ for value in pairs[side])
    names = {"str": "text", "NoneType": "nothing", "dict": "objects", "list": "lists"}
    counted = (f"{names.get(kind, kind)} {count} times" for kind, count in kinds.most_common(3))
    return f"its {side} holds {', '.join(counted)}"


def unused(section: dict[str, Any]) -> set[str]:
    """Keys of the section that say nothing about its kind of file: tables have columns, plain text has first words."""
    return {"data.first_words"} if section["prompt"] is not None else {"data.prompt", "data.text"}


def changed_since_import(section: dict[str, Any], root: Path, recipe: str = "local-text") -> str | None:
    """A sentence where the file that was imported has changed since at its old place; None where it has not.

    Args:
        section: the section `data` of params.yaml; None is returned for every data set but own data.
        root: the repository.
        recipe: what params.yaml holds, for the command that imports the file again.
    """
    if section.get("name") != DATA or not (entry := own_store.original_of(section.get("sha256", ""), root)):
        return None
    original, (size, modified) = Path(entry[0]), entry[1:]
    try:
        status = original.stat()
        if (status.st_size, status.st_mtime_ns) == (size, modified) or sha256(original) == section["sha256"]:
            return None
    except OSError:
        return None  # gone or out of reach: the store has what was imported
    columns = {"--prompt": section["prompt"], "--text": section["text"], "--first-words": section["first_words"]}
    given = [(o, v) for o, v in columns.items() if f"data.{o[2:].replace('-', '_')}" not in unused(section)]
    options = [word for option, value in given for word in (option, str(value))]
    command = shlex.join(["promptgan", "use", recipe, "--keep", "--path", str(original), *options])
    return f"{original} has changed since its import; `{command}` imports it again and changes nothing else"
