"""A parameter file as text: values change; comments, their columns and whatever is not touched stay as they are.

Each section is held apart, because ruamel.yaml hangs a comment above a key on the key before it, which may be gone.
"""

import io
import json
import re
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_text
from promptgan.core.flat import holder
from promptgan.core.parameters import ParameterError

BLANK = r"(?:[ \t]*(?:#.*)?\n)*"
"""Comment and empty lines."""
SECTION = re.compile(rf"^{BLANK}[^\s#].*\n(?:{BLANK}[ \t]+[^\s#].*\n)*", re.MULTILINE)
"""A key at the left edge with the comments above it and all that is indented below."""


class AnchorsUsed(PromptganError):
    """A parameter file or preset has anchors or aliases, which would not survive."""

    exit_code = 2

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(
            f"{path}: line {line} has an anchor or an alias (& or *), which rewriting the file would lose",
            "write the value out in both places",
        )


@dataclass(frozen=True)
class ParameterFile:
    """The text of a parameter file."""

    sections: dict[str, str]
    """The lines of each top-level key, with the comments above it."""
    tail: str = ""
    """Comment and empty lines after the last one."""
    newline: str = "\n"

    @classmethod
    def read(cls, path: Path) -> "ParameterFile":
        """Take a file apart.

        Raises:
            AnchorsUsed: it has anchors or aliases.
            ParameterError: it cannot be read, or is no parameter file.
        """
        try:
            content = path.read_bytes().decode()
            text = content.replace("\r\n", "\n").rstrip("\n") + "\n"
            if line := _line_of_an_anchor(text):
                raise AnchorsUsed(path, line)
            sections, tail = _sections(text)
            found = cls(dict(sections), tail, "\r\n" if "\r\n" in content else "\n")
            if found.text != text or list(sections) != [*map(str, found.values)]:
                raise ValueError("its sections cannot be told apart")
        except (OSError, YAMLError, ValueError, TypeError, RecursionError) as error:
            said = " ".join(str(error).split())[:300]
            raise ParameterError([f"the file cannot be taken apart: {said}"], path) from error
        return found

    @property
    def text(self) -> str:
        """All of it, its lines ended by `\\n`."""
        return "".join(self.sections.values()) + self.tail

    @property
    def values(self) -> dict[str, Any]:
        """It, parsed."""
        return deepcopy(_values(self.text))

    def __getitem__(self, section: str) -> Any:
        """The value of a section, with the comments in it."""
        return _taken_apart(self.sections[section])[1][section]

    def with_values(self, values: dict[str, Any]) -> "ParameterFile":
        """The file with other values for sections or dotted keys that it has; comments of keys that stay are kept.

        What has the value already is left as it is, whatever the order of its keys.
        """
        sections = dict(self.sections)
        for key, value in values.items():
            head, document = _taken_apart(sections[key.partition(".")[0]])
            section, last = holder(document, key)
            if _alike(value, section[last]):
                continue
            new = CommentedMap(value) if isinstance(value, dict) and not isinstance(value, CommentedMap) else value
            _keep_comments(new, section[last])
            section[last] = new
            sections[key.partition(".")[0]] = head + _dump(document)
        return replace(self, sections=sections)

    def with_comments_of(self, there: "ParameterFile", origin: "ParameterFile") -> "ParameterFile":
        """The file with the line ends and the comments of another, except those that are of the preset it came from.

        A section whose values are alike is as it is there. Of equal values the order of keys does not matter, but 1 is
        not 1.0.
        """
        sections = dict(self.sections)
        for key in sections.keys() & there.sections.keys():
            if there.sections[key].split() == origin.sections.get(key, "").split():
                continue
            (above, new), (head, old) = _taken_apart(sections[key]), _taken_apart(there.sections[key])
            first, preset = _taken_apart(origin.sections[key]) if key in origin.sections else ("", None)
            if not _alike(new, old):
                _keep_comments(new, old, preset)
                sections[key] = (above if head.split() == first.split() else head) + _dump(new)
            else:
                sections[key] = there.sections[key]
        return replace(there, sections=sections)

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        write_text(path, self.text.replace("\n", self.newline))


class _Representer(RoundTripRepresenter):
    """Writes None as `null`."""


_Representer.add_representer(type(None), lambda to, _: to.represent_scalar("tag:yaml.org,2002:null", "null"))


def _round_trip() -> YAML:
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = 2**16  # no value is broken into lines
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


# One command reads the same texts several times over, and parsing is nearly all that it does.
_remembered = lru_cache(512)


@_remembered
def _line_of_an_anchor(text: str) -> int | None:
    events = YAML(pure=True).parse(text)
    return next((event.start_mark.line + 1 for event in events if getattr(event, "anchor", None)), None)


@_remembered
def _values(text: str) -> dict[str, Any]:
    values: dict[str, Any] = YAML(typ="safe").load(text)
    return values


@_remembered
def _document(section: str) -> CommentedMap:
    document: CommentedMap = _round_trip().load(section)
    return document


@_remembered
def _sections(text: str) -> tuple[dict[str, str], str]:
    """The text of each top-level key, and what is left after the last."""
    parts = SECTION.findall(text)
    return {str(key): part for part in parts for key in _document(_split(part)[1])}, text.removeprefix("".join(parts))


def _taken_apart(text: str) -> tuple[str, CommentedMap]:
    """The comments above a section, and it, to be changed at will."""
    head, section = _split(text)
    return head, deepcopy(_document(section))


def _split(text: str) -> tuple[str, str]:
    section = re.sub(rf"\A{BLANK}", "", text)
    return text.removesuffix(section), section


def _alike(one: Any, other: Any) -> bool:
    """Whether two values are the same but for the order of keys."""
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)


def _dump(document: CommentedMap) -> str:
    target = io.StringIO()
    _round_trip().dump(document, target)
    return target.getvalue()


def _keep_comments(new: Any, old: Any, preset: Any = None) -> None:
    """Give a section the comments that it has had, except those that are the new ones or those of a preset."""
    if not (isinstance(new, CommentedMap) and isinstance(old, CommentedMap)):
        return
    theirs = preset if isinstance(preset, CommentedMap) else CommentedMap()
    if old.ca.comment and _words(old.ca.comment) != _words(theirs.ca.comment):
        new.ca.comment = old.ca.comment
    for key in new.keys() & old.keys():
        others = [_words(each.ca.items.get(key)) for each in (new, theirs)]
        same_kind = isinstance(new[key], CommentedMap) == isinstance(old[key], CommentedMap)
        if key in old.ca.items and _words(old.ca.items[key]) not in others and same_kind:
            new.ca.items[key] = old.ca.items[key]
        _keep_comments(new[key], old[key], theirs.get(key))


def _words(comments: Any) -> list[str]:
    if isinstance(comments, list):
        return [word for each in comments for word in _words(each)]
    return comments.value.split() if comments else []
