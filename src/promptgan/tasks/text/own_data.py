"""Importing your own file into the store that experiments share and that DVC can push."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from promptgan.core.choices import choose
from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.core.parameters import validate_section
from promptgan.core.record import sha256
from promptgan.data.sets import local_text
from promptgan.data.sets.local_text import Parameters, read_pairs
from promptgan.data.tables.decoding import format_of

STORE = Path("data/own")
ORIGINALS = Path(".dvc/tmp/own_data.json")
"""Where the imported files came from; a path of this machine, so it enters neither params.yaml nor Git."""
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


class TooFewForTheStages(PromptganError):
    """A split of own data is smaller than a later stage needs, which would say so only after hours."""


class NotTracked(PromptganError):
    """The file is in the store, but DVC could not take it up."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"`dvc add {path}` failed: {reason}", f"run `dvc add {path}` by hand to see why")


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

    stored = STORE / section["sha256"] / path.name
    target = root / stored
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".partial")
    shutil.copyfile(path, temporary)
    temporary.replace(target)
    if (root / ".dvc/config").is_file():  # `.dvc` alone may be what a former import made
        _track(stored, root)
    originals = _originals(root)
    status = path.stat()
    originals[section["sha256"]] = [str(path.resolve()), status.st_size, status.st_mtime_ns]
    write_json(root / ORIGINALS, originals)
    return section


def check_minimum(document: dict[str, Any], root: Path) -> None:
    """Hold own data to what later stages need of it; nothing is asked of other data sets.

    Args:
        document: a parsed parameter file whose file of own data is in the store.
        root: the repository.

    Raises:
        TooFewForTheStages: the judge split would be too small to fit a judge on.
    """
    from promptgan.quality.splits import Shares, split_of

    section = document["data"]
    path = root / STORE / str(section.get("sha256")) / str(section.get("file"))
    if section.get("name") != "local_text" or not path.is_file():
        return
    records = local_text.records(path.parent, validate_section(Parameters, section, "data"))
    shares = validate_section(Shares, document["validate"]["shares"], "validate.shares")
    held = sum(split_of(group, shares) == "judge" for group in records["group"])
    needed: int = choose("promptgan.tasks", document["task"], "task", "judges.parameters").FEWEST
    if held < needed:
        share = min(0.3, round(shares.judge * 1.3 * needed / max(1, held), 2))
        raise TooFewForTheStages(
            f"{section['file']}: its {len(records)} pairs leave {held} for the judge split, and the stage judges needs"
            f" {needed}",
            f"add data, or raise validate.shares.judge in params.yaml, to about {share}",
        )


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
    if section.get("name") != "local_text" or not (entry := _originals(root).get(section.get("sha256", ""))):
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


def _originals(root: Path) -> dict[str, Any]:
    try:
        content = json.loads((root / ORIGINALS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _track(stored: Path, root: Path) -> None:
    command = [sys.executable, "-m", "dvc", "add", "--quiet", str(stored)]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, env={**os.environ, "DVC_NO_ANALYTICS": "1"}
    )
    if done.returncode:
        raise NotTracked(stored, (done.stderr.strip().splitlines() or ["no message"])[-1])
