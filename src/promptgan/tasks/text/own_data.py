"""Importing your own file of texts."""

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
    path: Path, *, prompt: str | None, text: str | None, first_words: int, group: str | None = None, root: Path
) -> dict[str, Any]:
    """Check a file, copy it to ``data/own/SHA256/NAME`` of a repository, and track it there with DVC.

    Args:
        path: CSV, TSV, JSON, JSON lines, Parquet or plain text, or one of these gzipped.
        prompt: column of the prompt, `prompt` where None; must be None for plain text.
        text: column of the text, `text` where None; must be None for plain text.
        first_words: of a line of plain text that make its prompt (characters where it is Chinese).
        group: column of what lies in one split together; None where equal prompts do.
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
    section |= {"prompt": prompt, "text": text, "first_words": first_words, **({"group": group} if group else {})}
    if not path.stat().st_size:
        raise TooFewPairs(path, 0)
    # first: what it finds explains what would come after
    pairs = read_pairs(path, prompt, text, first_words, group)[["prompt", "text"]]
    validate_section(Parameters, section, "data")
    usable = sum(all(isinstance(side, str) and side.strip() for side in pair) for pair in pairs.itertuples(index=False))
    longest = max((len(value) for side in pairs for value in pairs[side] if isinstance(value, str)), default=0)
    if usable < MIN_PAIRS:
        raise TooFewPairs(path, usable, "; ".join(_held(pairs, side) for side in ("prompt", "text")))
    counted = f"{len(pairs):,} rows, {usable:,} of them usable pairs"
    print(f"{path.name}: {counted}; the longest cell has {longest:,} characters")
    columns = {"prompt": prompt, "text": text, "first-words": first_words, "group": group}
    left_out = {key.removeprefix("data.").replace("_", "-") for key in unused(section)} | ({"group"} - {*section})
    given = [word for name, value in columns.items() if name not in left_out for word in (f"--{name}", str(value))]
    own_store.put(path, section["sha256"], root, path, given)
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
