"""Presets: recipes/NAME.yaml, composed with its base, written into params.yaml with the comments kept.

A preset either holds every section, or names a complete preset as its `base` and holds only what differs. A section
whose choice differs from the base's (another data set, another model) replaces the base's whole section. So a preset
alone determines every value of params.yaml, whatever was there before.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from promptgan import base
from promptgan.experiments.parameters import CHOICES, SCHEMAS, Run, problems

FOLDER = Path("recipes")
MAX_DESCRIPTION = 109
"""Characters of a preset's description that are listed."""


class UnknownRecipe(base.PromptganError):
    """There is no such preset."""

    exit_code = 2


class BrokenRecipe(base.PromptganError):
    """A preset cannot be read, or its base cannot."""


class OwnDataMissing(base.PromptganError):
    """The recipe reads the user's own data and was not given any."""

    exit_code = 2


class OtherRecipe(base.PromptganError):
    """Only the data of a recipe was to be changed, and the parameter file holds another one."""

    exit_code = 2


@dataclass
class Entry:
    """A key of a parameter file, as it is written."""

    value: "str | dict[str, Entry]"
    """The text of the value, or the keys below."""
    head: list[str] = field(default_factory=list)
    """Comment and empty lines above the key."""
    comment: str = ""
    """The comment on the key's own line."""
    column: int = 0
    """Where that comment begins."""


@dataclass(frozen=True)
class Change:
    """A value that a recipe set: ``old`` or ``new`` is None where the key was not there or is gone."""

    key: str
    old: str | None
    new: str | None
    by_hand: bool = False
    """Whether ``old`` was not what the preset that the file came from has there."""


def names() -> dict[str, str]:
    """Every preset's name and its description, which is its first line where that is a comment; cut where it is long.

    Raises:
        BrokenRecipe: there is no folder of presets here.
    """
    files = sorted(FOLDER.glob("*.yaml"), key=lambda file: file.stem)
    if not files:
        raise BrokenRecipe("there is no preset in recipes/", "run this in the repository's own folder")
    return {file.stem: _description(file) for file in files}


def _description(file: Path) -> str:
    first = file.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    text = first.lstrip("# ") if first.startswith("#") else ""
    if len(text) > MAX_DESCRIPTION:
        return f"{text[: MAX_DESCRIPTION - 4].rstrip()} ..."
    return text or "(no description: it should be the first line, as a comment)"


def find(name: str) -> Path:
    """The file of a preset.

    Raises:
        UnknownRecipe: there is no such preset.
    """
    known = names()
    if name not in known:
        table = "\n".join(f"  {key:24} {text}" for key, text in known.items())
        raise UnknownRecipe(
            f"there is no recipe {base.shown(name)}{base.nearest(name, list(known))}; there are:\n{table}",
            "promptgan use RECIPE, with one of these names",
        )
    return FOLDER / f"{name}.yaml"


def use(
    name: str,
    path: Path = base.PARAMS_FILE,
    *,
    data: dict[str, Any] | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int | None = None,
) -> list[Change]:
    """Write the preset ``name`` into ``path``; return what changed, first the values that were set by hand.

    Args:
        name: a file of recipes/, without ``.yaml``.
        path: the parameter file; its comments are kept.
        data: the `data` section to use instead of the preset's.
        device: where the preset says ``auto``; ``auto`` takes a GPU, with bfloat16, if torch finds one.
        threads: CPU threads instead of the preset's.

    Raises:
        UnknownRecipe: there is no such preset.
        OwnDataMissing: the preset reads own data and ``data`` is not given.
        ParameterError: the preset, or its combination with the arguments, is not valid; nothing is written.
    """
    entries = _compose(name)
    entries["recipe"].value = name
    if data is not None:
        entries["data"].value = {key: Entry(yaml_text(value)) for key, value in data.items()}
    _resolve(_keys(entries["compute"]), device, threads)
    try:
        before = dict(_flat(base.load_params(path)))
        commented, tail = parse(path.read_text(encoding="utf-8"))
    except (base.ParameterError, ValueError):  # nothing to keep of a file that cannot be taken apart
        before, commented, tail = {}, {}, []
    _keep_comments(entries, commented)
    new = "\n".join([*lines(entries), *tail]) + "\n"
    if data is None and _values(new)["data"] == {"name": "local_text"}:
        raise OwnDataMissing(
            f"{name} reads your own data, and no file was given",
            f"promptgan use {name} --path FILE --prompt COLUMN --text COLUMN; see `promptgan use --help`",
        )
    return _write(new, path, FOLDER / f"{name}.yaml", before, _set_by_hand(before))


def use_data(name: str, data: dict[str, Any], path: Path = base.PARAMS_FILE) -> list[Change]:
    """Write a section `data` into ``path`` and leave all else as it is; return what changed.

    Args:
        name: the recipe that the file holds.
        data: the section, of own data.
        path: the parameter file; its comments are kept.

    Raises:
        OtherRecipe: the file holds another recipe.
        ParameterError: the file is not valid, or is not with this section; nothing is written.
    """
    before = dict(_flat(base.load_params(path)))
    if before.get("recipe") != yaml_text(name):
        raise OtherRecipe(
            f"{path} holds the recipe {before.get('recipe', '(none)')}, not {name}, and --keep keeps it",
            f"name that one, or write all of {name} without --keep",
        )
    try:
        entries, tail = parse(path.read_text(encoding="utf-8"))
    except ValueError as error:  # YAML that DVC reads too, but whose lines cannot be told apart
        raise base.ParameterError([f"the file cannot be taken apart: {error}"], path) from error
    section = {key: Entry(yaml_text(value)) for key, value in data.items()}
    if "data" in entries:
        _keep_comments(section, _keys(entries["data"]))
        entries["data"].value = section
    else:
        entries["data"] = Entry(section)
    return _write("\n".join([*lines(entries), *tail]) + "\n", path, path, before, set())


def _write(new: str, path: Path, blamed: Path, before: dict[str, str], own: set[str]) -> list[Change]:
    """Write the text of a parameter file, if it is valid; ``blamed`` is what an error names."""
    document = _values(new)
    if found := problems(document):
        raise base.ParameterError(found, blamed)
    temporary = path.with_name(path.name + ".partial")
    temporary.write_text(new, encoding="utf-8")
    temporary.replace(path)
    after = dict(_flat(document))
    changes = [
        Change(key, before.get(key), after.get(key), key in own)
        for key in [*after, *(key for key in before if key not in after)]
        if before.get(key) != after.get(key)
    ]
    return sorted(changes, key=lambda change: not change.by_hand)


def _set_by_hand(before: dict[str, str]) -> set[str]:
    """Keys whose values are not those of the preset that a parameter file names; none where it names none."""
    try:
        entries = _compose(before.get("recipe", ""))
    except base.PromptganError:
        return set()
    preset = dict(_flat(_values("\n".join(lines(entries)))))
    left_open = {"recipe", *(key for key, value in preset.items() if value == "auto")}
    return {key for key, value in before.items() if key not in left_open and preset.get(key) != value}


def parse(text: str) -> tuple[dict[str, Entry], list[str]]:
    """Take a parameter file apart into its keys, as they are written, and the comment lines after the last one."""
    document = YAML().load(text)
    if not isinstance(document, CommentedMap):
        raise ValueError("it holds no sections of keys")
    rows = text.rstrip("\n").split("\n")
    starts = sorted(_key_lines(document))
    ends = {}
    for start, following in zip(starts, [*starts[1:], len(rows)], strict=True):
        end = following
        while end > start + 1 and re.match(r"\s*(#|$)", rows[end - 1]):
            end -= 1
        ends[start] = end
    above = dict(zip(starts, [0, *(ends[start] for start in starts[:-1])], strict=True))
    return _entries(document, rows, ends, above), rows[ends[starts[-1]] :]


def _entries(section: CommentedMap, rows: list[str], ends: dict[int, int], above: dict[int, int]) -> dict[str, Entry]:
    entries = {}
    for key, value in section.items():
        line, column = section.lc.key(key)
        match = re.compile(r"\"[^\"]*\"|'[^']*'|[^:]*").match(rows[line], column)
        assert match
        body = [rows[line][match.end() + 1 :].strip(), *rows[line + 1 : ends[line]]]
        comment = at = None
        if _is_block(value) or body[0].startswith("#"):
            body[0], comment, at = "", body[0], rows[line].find("#")
        elif len(body) == 1 and (token := section.ca.items.get(key, [None] * 3)[2]) and token.value.startswith("#"):
            at = token.start_mark.column
            body[0], comment = rows[line][match.end() + 1 : at].strip(), rows[line][at:].strip()
        entries[str(key)] = Entry(
            _entries(value, rows, ends, above) if _is_block(value) else "\n".join(body),
            rows[above[line] : line],
            comment or "",
            max(at or 0, 0),
        )
    return entries


def _is_block(value: object) -> bool:
    return isinstance(value, CommentedMap) and bool(value) and not value.fa.flow_style()


def _key_lines(section: CommentedMap) -> Iterator[int]:
    for key, value in section.items():
        if key not in (section.lc.data or {}):
            raise ValueError("a key that YAML merges from elsewhere has no line")
        yield section.lc.key(key)[0]
        if _is_block(value):
            yield from _key_lines(value)


def _compose(name: str) -> dict[str, Entry]:
    entries = _read(name)
    if "base" not in entries:
        return _complete(name, entries)
    parent = entries.pop("base").value
    below = _read(str(parent))
    if "base" in below:
        raise BrokenRecipe(
            f"recipes/{name}.yaml: its base {parent} has a base itself", "name a complete preset as base"
        )
    for section, key in CHOICES.items():
        if section in entries and section in below:
            mine, theirs = _keys(entries[section]).get(key), _keys(below[section]).get(key)
            if mine and theirs and mine.value != theirs.value:
                below[section].value = {}
    _merge(below, entries)
    return _complete(name, below)


def _complete(name: str, entries: dict[str, Entry]) -> dict[str, Entry]:
    if missing := [key for key in [*Run.model_fields, *SCHEMAS] if key not in entries]:
        raise BrokenRecipe(
            f"recipes/{name}.yaml lacks {', '.join(missing)}", "add them, or name a `base` that has them"
        )
    return entries


def _read(name: str) -> dict[str, Entry]:
    path = find(name)
    try:
        entries, _ = parse(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError, ValueError) as error:
        raise BrokenRecipe(f"{path}: {' '.join(str(error).split())[:300]}", "correct the preset") from error
    first = next(iter(entries.values()))
    first.head = first.head[1:]  # the description is the preset's, not the parameter file's
    return entries


def _merge(below: dict[str, Entry], above: dict[str, Entry]) -> None:
    for key, entry in above.items():
        old = below.get(key)
        if old and isinstance(old.value, dict) and isinstance(entry.value, dict):
            _merge(old.value, entry.value)
        elif old:
            old.value = entry.value
            if entry.comment:
                old.comment, old.column = entry.comment, entry.column
        else:
            below[key] = entry


def _resolve(compute: dict[str, Entry], device: str, threads: int | None) -> None:
    if device == "auto" and compute["device"].value == "auto":
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device != "auto":
        compute["device"].value = device
    if device == "cuda":
        compute["precision"].value = "bfloat16"
    if threads is not None:
        compute["threads"].value = str(threads)


def _keep_comments(entries: dict[str, Entry], commented: dict[str, Entry]) -> None:
    for key, entry in entries.items():
        if key in commented:
            entry.head = commented[key].head
            if commented[key].comment not in ("", entry.comment):
                entry.comment, entry.column = commented[key].comment, commented[key].column
            _keep_comments(_keys(entry), _keys(commented[key]))


def lines(entries: dict[str, Entry], indent: str = "") -> Iterator[str]:
    """The lines of a parameter file that `parse` took apart."""
    for key, entry in entries.items():
        yield from entry.head
        value, _, rest = ("" if isinstance(entry.value, dict) else entry.value).partition("\n")
        text = f"{indent}{key}: {value}".rstrip()
        yield f"{text:{max(entry.column, len(text) + 2)}}{entry.comment}".rstrip()
        if rest:
            yield rest
        yield from lines(_keys(entry), indent + "  ")


def _keys(entry: Entry) -> dict[str, Entry]:
    return entry.value if isinstance(entry.value, dict) else {}


def yaml_text(value: object) -> str:
    """A value as a parameter file writes it, on one line."""
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z][\w./-]*", value) and _values(f"a: {value}")["a"] == value
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _values(text: str) -> dict[str, Any]:
    values: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return values


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", yaml_text(value)
