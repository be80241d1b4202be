"""Sections of params.yaml as typed, frozen objects, and every wrong key told at once."""

from pathlib import Path
from typing import Any, Self, TypeVar, get_args

import pydantic
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan.core.errors import PromptganError, nearest, shown

PARAMS_FILE = Path("params.yaml")

S = TypeVar("S", bound="Section")


class ParameterError(PromptganError):
    """One or more keys of params.yaml are wrong; every one of them is listed."""

    exit_code = 2

    def __init__(self, problems: list[str], path: Path = PARAMS_FILE) -> None:
        self.problems, self.path = problems, path
        super().__init__(
            "\n".join([f"{path}: {len(problems)} wrong key(s)", *(f"  {line}" for line in problems)]),
            f"correct {path}, then run `promptgan check`; `promptgan use RECIPE` writes a complete one",
        )


class Section(pydantic.BaseModel):
    """A section of params.yaml: frozen, typed, no unknown keys."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class StageParameters(Section):
    """The sections that one stage reads; its field names are those that dvc.yaml declares for it."""

    @classmethod
    def read(cls, path: Path = PARAMS_FILE) -> Self:
        """Read this stage's sections from ``path`` and ignore the others.

        Raises:
            ParameterError: the file cannot be read, or a key of these sections is wrong.
        """
        document = load_params(path)
        return validate_section(cls, {key: document[key] for key in cls.model_fields if key in document}, path=path)


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


def validate_section(cls: type[S], values: Any, section: str = "", path: Path = PARAMS_FILE) -> S:
    """Validate ``values`` against ``cls``; ``section`` is the dotted prefix that errors show.

    Raises:
        ParameterError: lists every wrong key with what was there, what is allowed and the nearest right name.
    """
    try:
        return cls.model_validate(values)
    except pydantic.ValidationError as error:
        raise ParameterError(describe(error, cls, section), path) from error


def describe(error: pydantic.ValidationError, cls: type[Section], section: str = "") -> list[str]:
    """One line per wrong key of a validation error."""
    lines = []
    for item in error.errors():
        parts, known = _keys(cls, item["loc"])
        key = ".".join([section, *parts] if section else parts) or "(file)"
        if item["type"] == "extra_forbidden":
            lines.append(f"{key}: unknown key{nearest(parts[-1], known)}; allowed here: {', '.join(known)}")
        elif item["type"] == "missing":
            lines.append(f"{key}: missing")
        else:
            lines.append(f"{key}: found {shown(item['input'])}; {item['msg'][0].lower()}{item['msg'][1:]}")
    return lines


def _keys(cls: type[Section], place: tuple[int | str, ...]) -> tuple[list[str], list[str]]:
    """The keys that lead to a wrong one, and those allowed beside it; the tag of a union's member is no key."""
    keys: list[str] = []
    known = list(cls.model_fields)
    fields, left = cls.model_fields, list(place)
    while left:
        keys.append(str(left.pop(0)))
        known = list(fields)
        field = fields.get(keys[-1])
        inner: Any = field and field.annotation
        if field and field.discriminator and left:
            tag = left.pop(0)
            kinds = {get_args(each.model_fields[field.discriminator].annotation): each for each in get_args(inner)}
            inner = next(each for tags, each in kinds.items() if tag in tags)
        fields = inner.model_fields if isinstance(inner, type) and issubclass(inner, Section) else {}
    return keys, known
