"""Presets: recipes/NAME.yaml, composed with its base, written into params.yaml with the comments kept.

A preset either holds every section, or names another as its `base` and holds only what differs. A section
whose choice differs from the base's (another data set, another model) replaces the base's whole section, and what has a
`kind` within a section replaces that of another kind. So a preset alone determines every value of params.yaml, whatever
was there before.
"""

import json
import textwrap
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from promptgan.core.compute import Compute, bfloat16_instructions, finds_gpu
from promptgan.core.errors import PromptganError, nearest, shown
from promptgan.core.flat import flat
from promptgan.core.parameters import PARAMS_FILE, ParameterError, load_params, validate_section
from promptgan.recipes.own_data import implied
from promptgan.recipes.parameter_file import ParameterFile
from promptgan.recipes.parameters import CHOICES, SCHEMAS, Run, check, problems, schema

FOLDER = Path("recipes")
MAX_DESCRIPTION = 109
"""Characters of a preset's description that are listed."""
ROLES = ("generator", "discriminator", "encoder")
"""Sections of networks, whose `weights` may be left open."""
CONTENT = "sha256"
"""The parameter of a data set that is a file of the user's own."""

OPTIONS = {
    "compute.device": "--device",
    "compute.threads": "--threads",
    "data": "--path",
    "base_model": "--model",
    "data.prompt": "--prompt",
    "data.text": "--text",
    "data.label": "--label",
    "data.first_words": "--first-words",
    "data.group": "--group",
}
"""Options of `promptgan use` by the parameter that each sets."""

Device = Literal["auto", "cpu", "cuda"]


class UnknownRecipe(PromptganError):
    """There is no such preset."""

    exit_code = 2


class BrokenRecipe(PromptganError):
    """A preset cannot be read, or its base cannot."""


class OwnDataMissing(PromptganError):
    """The recipe reads the user's own data and was not given any."""

    exit_code = 2


class OtherRecipe(PromptganError):
    """Only the data or the base model of a recipe was to be changed, and the parameter file holds another one."""

    exit_code = 2


class WrongOption(PromptganError):
    """What options of the command line gave is not valid."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems), "`promptgan use --help` explains the options; nothing is changed")


@dataclass(frozen=True)
class Change:
    """A value that was set: ``old`` or ``new`` is None where the key was not there or is gone."""

    key: str
    old: str | None
    new: str | None
    by_hand: bool = False
    """Whether ``old`` was not what the preset that the file came from has there."""


def names() -> dict[str, str]:
    """Every preset's name and its description: its first line, a comment.

    Raises:
        BrokenRecipe: there is no folder of presets here.
    """
    texts = {name: (FOLDER / f"{name}.yaml").read_text(encoding="utf-8", errors="replace") for name in _known()}
    firsts = {name: text.partition("\n")[0] for name, text in texts.items()}
    return {name: textwrap.shorten(first.lstrip("# "), MAX_DESCRIPTION) for name, first in firsts.items()}


def find(name: str) -> Path:
    """The file of a preset.

    Raises:
        UnknownRecipe: there is no such preset.
    """
    known = _known()
    if name not in known:
        table = "\n".join(f"  {key:24} {text}" for key, text in names().items())
        raise UnknownRecipe(
            f"there is no recipe {shown(name)}{nearest(name, known)}; there are:\n{table}",
            "promptgan use RECIPE, with one of these names",
        )
    return FOLDER / f"{name}.yaml"


def values(name: str) -> dict[str, Any]:
    """The values of a preset over its base, with what it leaves open.

    Raises:
        UnknownRecipe, BrokenRecipe: there is no such preset, or it cannot be read.
    """
    return _compose(name).values


@contextmanager
def naming_options(given: Collection[str]) -> Iterator[None]:
    """Have a complaint about a parameter that an option of `promptgan use` gave name the option.

    Raises:
        WrongOption: instead of a ParameterError of such parameters.
    """
    try:
        yield
    except ParameterError as error:
        of = {key: option for key, option in OPTIONS.items() if option in given}
        parts = (problem.partition(": ") for problem in error.problems)
        if wrong := [
            f"{of[key]}: {said if '.' in key else said.rpartition('value error, ')[2]}"
            for key, _, said in parts
            if key in of
        ]:
            raise WrongOption(wrong) from error
        raise


def use(
    name: str,
    path: Path = PARAMS_FILE,
    *,
    data: dict[str, Any] | None = None,
    base_model: dict[str, Any] | None = None,
    device: Device = "auto",
    threads: int | None = None,
) -> list[Change]:
    """Write the preset ``name`` into ``path``; return what changed, first the values that were set by hand.

    Args:
        name: a file of recipes/, without ``.yaml``.
        path: the parameter file; its comments are kept.
        data: the `data` section to use instead of the preset's.
        base_model: the `base_model` section to use instead of the preset's.
        device: where the preset says ``auto``; ``auto`` takes a GPU, with bfloat16, if torch finds one. A precision of
            ``auto`` becomes bfloat16 where the device has instructions for it.
        threads: CPU threads instead of the preset's.

    Raises:
        UnknownRecipe: there is no such preset.
        OwnDataMissing: the preset reads own data and ``data`` is not given.
        AnchorsUsed: the file has anchors.
        ParameterError: the preset, or its combination with the arguments, is not valid; nothing is written.
    """
    preset = _with_arguments(_compose(name), name, data, device, threads, base_model)
    try:
        before, there = _readable(load_params(path)), ParameterFile.read(path)
    except ParameterError:  # nothing to keep of a file that cannot be taken apart
        before, there = {}, ParameterFile({})
    origin = _origin(before.get("recipe", ""))
    changes = _write(preset.with_comments_of(there, origin), path, find(name), before)
    own = _set_by_hand(before, origin)
    changes = [replace(change, by_hand=change.key in own) for change in changes]
    return sorted(changes, key=lambda change: not change.by_hand)


def holds(name: str, path: Path = PARAMS_FILE) -> bool:
    """Whether the parameter file is valid, and of that recipe."""
    try:
        return bool(check(path)["recipe"] == name)
    except ParameterError:
        return False


def kept(name: str, path: Path = PARAMS_FILE) -> dict[str, Any]:
    """The parameter file, parsed, of which a few sections are to be replaced and all else kept.

    Raises:
        OtherRecipe: it holds another recipe than that.
        ParameterError: it cannot be read.
    """
    document = load_params(path)
    if (there := document.get("recipe", "(none)")) != name:
        raise OtherRecipe(
            f"{path} holds the recipe {there}, not {name}, and --keep keeps it",
            f"name that one, or write all of {name} without --keep",
        )
    return document


def set_values(values: dict[str, Any], path: Path = PARAMS_FILE) -> list[Change]:
    """Write values for some sections or dotted keys into ``path`` and leave all else as it is; return what changed.

    Raises:
        AnchorsUsed: the file has anchors.
        ParameterError: the file is not valid, or is not with these values; nothing is written.
    """
    there = ParameterFile.read(path)
    missing = {key: f"\n{key}: {{}}\n" for key in values if "." not in key and key not in there.sections}
    there = replace(there, sections=there.sections | missing)
    return _write(there.with_values(values), path, path, _readable(load_params(path)))


def resolve(name: str, own_data: dict[str, Any] | None = None, compute: dict[str, Any] | None = None) -> ParameterFile:
    """The parameter file of a preset, to be run as others are; the params.yaml here is not touched.

    Args:
        name: a file of recipes/, without ``.yaml``.
        own_data: the section `data` for a preset that reads the user's own; that of params.yaml where None.
        compute: the section whose device and threads it gets, and whose precision where the preset leaves that open;
            that of params.yaml where None.

    Raises:
        UnknownRecipe: there is no such preset.
        BrokenRecipe, AnchorsUsed: the preset cannot be read, or its base cannot.
        OwnDataMissing: the preset reads own data, and params.yaml holds none.
        ParameterError: the preset is not valid, or params.yaml or its compute is not.
    """
    here, preset = load_params(), _compose(name)
    where = validate_section(Compute, compute or here.get("compute"), "compute")
    own = own_data or here.get("data")
    if not (isinstance(own, dict) and _reads_own_data(preset) and own.get("name") == preset["data"]["name"]):
        own = None
    given = own if own and CONTENT in own else None
    preset = _with_arguments(preset, name, given, where.device, where.threads, precision=where.precision)
    if found := problems(preset.values):
        raise ParameterError(found, find(name))
    return preset.with_comments_of(ParameterFile.read(PARAMS_FILE), _origin(str(here.get("recipe", ""))))


def _known() -> list[str]:
    if names := sorted(file.stem for file in FOLDER.glob("*.yaml")):
        return names
    raise BrokenRecipe("there is no preset in recipes/", "run this in the repository's own folder")


def _readable(values: dict[str, Any]) -> dict[str, str]:
    """The values of a parsed parameter file by dotted key, as people read them."""
    return {key: value if isinstance(value, str) else json.dumps(value, default=str) for key, value in flat(values)}


def _write(file: ParameterFile, path: Path, blamed: Path, before: dict[str, str]) -> list[Change]:
    """Write a parameter file, if it is valid; ``blamed`` is what an error names."""
    if found := problems(file.values):
        raise ParameterError(found, blamed)
    file.write(path)
    after = _readable(file.values)
    keys = [*after, *(key for key in before if key not in after)]
    return [Change(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


def _origin(name: str) -> ParameterFile:
    """The preset that a parameter file says it came from; an empty one where it names none."""
    try:
        return _compose(name)
    except PromptganError:
        return ParameterFile({})


def _set_by_hand(before: dict[str, str], origin: ParameterFile) -> set[str]:
    """Keys whose values are not those of the preset that a parameter file came from."""
    if not origin.sections:
        return set()
    preset = _readable(origin.values)
    left_open = {"recipe", *(key for key, value in preset.items() if value == "auto")}
    return {key for key, value in before.items() if key not in left_open and preset.get(key) != value}


def _compose(name: str, above: tuple[str, ...] = ()) -> ParameterFile:
    """A preset over its base, which may have one too; ``above`` are those that it is the base of."""
    preset = _read(find(name))
    if "base" in preset.sections:
        file, parent = find(name), str(preset["base"])
        if parent not in (known := _known()):
            raise BrokenRecipe(
                f"{file}: base: there is no recipe {shown(parent)}{nearest(parent, known)}",
                "name one that there is",
            )
        if parent in (above := (*above, name)):
            raise BrokenRecipe(f"{file}: its base {parent} leads back to it", "name a preset that stands alone")
        below = _compose(parent, above)
        new = {key: text for key, text in preset.sections.items() if key not in below.sections and key != "base"}
        values = {key: _merged(key, below[key], preset[key]) for key in preset.sections if key in below.sections}
        preset = below.with_values(values)
        preset = replace(preset, sections=preset.sections | new)
    _refuse_missing(name, [key for key in [*Run.model_fields, *SCHEMAS] if key not in preset.sections])
    values = preset.values
    if wrong := [f"{key}: found {shown(values[key])}" for key in SCHEMAS if not isinstance(values[key], dict)]:
        raise BrokenRecipe(f"{find(name)}: {', '.join(wrong)}; a section of keys belongs there", "correct the preset")
    _refuse_missing(name, [f"compute.{key}" for key in Compute.model_fields if key not in values["compute"]])
    return preset


def _refuse_missing(name: str, keys: list[str]) -> None:
    if keys:
        raise BrokenRecipe(f"{find(name)} lacks {', '.join(keys)}", "add them, or name a `base` that has them")


def _read(path: Path) -> ParameterFile:
    try:
        file = ParameterFile.read(path)
    except ParameterError as error:
        raise BrokenRecipe(f"{path}: {'; '.join(error.problems)}", "correct the preset") from error
    first, text = next(iter(file.sections.items()))
    description_left_out = text.partition("\n")[2] if text.startswith("#") else text  # it is not the parameter file's
    return replace(file, sections=file.sections | {first: description_left_out})


def _merged(section: str, below: Any, above: Any) -> Any:
    """A section of the base, with what a preset has otherwise; that alone where its choice, or `kind`, is another."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    choice = CHOICES.get(section, "kind")
    if choice in above and choice in below and above[choice] != below[choice]:
        return above
    for key, value in above.items():
        below[key] = _merged("", below[key], value) if key in below else value
    return below


def _with_arguments(
    preset: ParameterFile,
    name: str,
    data: dict[str, Any] | None,
    device: Device,
    threads: int | None,
    base_model: dict[str, Any] | None = None,
    precision: str | None = None,
) -> ParameterFile:
    if data is None and _reads_own_data(preset):
        raise OwnDataMissing(
            f"{name} reads your own data, and no file was given",
            f"promptgan use {name} --path FILE; `promptgan use --help` has examples",
        )
    if device == "auto" and preset["compute"]["device"] == "auto":
        device = "cuda" if finds_gpu() else "cpu"
    precision = precision or ("bfloat16" if device == "cuda" or bfloat16_instructions() else "float32")
    values = {
        "recipe": name,
        "data": data,
        **(implied(preset["task"], data) if data else {}),
        "base_model": base_model,
        "compute.device": None if device == "auto" else device,
        "compute.precision": precision if device == "cuda" or preset["compute"]["precision"] == "auto" else None,
        **{f"{role}.weights": precision for role in ROLES if preset[role].get("weights") == "auto"},
        "compute.threads": threads,
    }
    return preset.with_values({key: value for key, value in values.items() if value is not None})


def _reads_own_data(preset: ParameterFile) -> bool:
    """Whether a preset leaves open which file it reads."""
    data = preset["data"]
    try:
        return CONTENT not in data and CONTENT in schema("data", {"data": data}).model_fields
    except ParameterError:
        return False
