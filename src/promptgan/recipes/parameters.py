"""The whole of params.yaml: every section against the schema of the room that it belongs to."""

import importlib
import re
from pathlib import Path
from typing import Any

import pydantic
from pydantic import Field
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node

from promptgan.core.choices import choices
from promptgan.core.errors import nearest, shown
from promptgan.core.parameters import PARAMS_FILE, ParameterError, Section, describe, load_params, validate_section
from promptgan.recipes.combinations import impossible

SCHEMAS = {
    "compute": "promptgan.core.compute:Compute",
    "data": "promptgan.data.sets.${data.name}:Parameters",
    "corpus": "promptgan.core.corpus:Corpus",
    "base_model": "promptgan.data.models.${base_model.name}:Parameters",
    "validate": "promptgan.tasks.${task}.records.parameters:Parameters",
    "tokenize": "promptgan.tasks.${task}.arrays.parameters:Parameters",
    "generator": "promptgan.networks.${form}.${generator.network}.parameters:Parameters",
    "discriminator": "promptgan.networks.${form}.${discriminator.network}.parameters:Parameters",
    "encoder": "promptgan.networks.${form}.${encoder.network}.parameters:Parameters",
    "pretrain": "promptgan.training.methods.${pretrain.method}.parameters:Parameters",
    "train": "promptgan.training.methods.${train.method}.parameters:Parameters",
    "judges": "promptgan.tasks.${task}.judges.parameters:Parameters",
    "generate": "promptgan.tasks.${task}.samples.parameters:Parameters",
    "evaluate": "promptgan.tasks.${task}.measures.parameters:Parameters",
}
"""Where each section's schema lies, in the template style of dvc.yaml."""

CHOICES = {section: match[1] for section, at in SCHEMAS.items() if (match := re.search(rf"\${{{section}\.(\w+)}}", at))}
"""Sections whose schema is chosen by one of their own keys, and that key."""

NAMES = {
    "corpus.name": "promptgan.data.sets",
    "train.objective": "promptgan.objectives",
    "train.penalty": "promptgan.penalties",
}
"""Keys within a section that name a file in a folder of choices."""


class Run(Section):
    """What stands outside of the sections."""

    recipe: str = Field(min_length=1, max_length=100)
    task: str
    form: str
    seed: int = Field(ge=0, lt=2**32)


def check(path: Path = PARAMS_FILE, *, on_this_machine: bool = False) -> dict[str, Any]:
    """Validate the whole parameter file, and return it.

    Args:
        path: the file.
        on_this_machine: also ask whether the device is here, which a stage says only after DVC has deleted its outputs.

    Raises:
        ParameterError: lists every wrong key of every section, every impossible combination, and a device that is
            not here.
    """
    document = load_params(path, allow_repeated=True)
    found = _repeated_keys(YAML(pure=True).compose(path.read_text(encoding="utf-8"))) + problems(document)
    if on_this_machine:
        found += absent_device(document)
    if found:
        raise ParameterError(found, path)
    return document


def problems(document: dict[str, Any]) -> list[str]:
    """One line for every wrong key and every impossible combination of a parsed parameter file."""
    sections, found = _sections(document)
    return found or impossible(document["task"], sections)


def absent_device(document: dict[str, Any]) -> list[str]:
    """One line where a parsed parameter file asks for a GPU and torch, loaded only then, finds none; or nothing."""
    compute = document.get("compute")
    if not isinstance(compute, dict) or compute.get("device") != "cuda":
        return []
    import torch

    if torch.cuda.is_available():
        return []
    return [
        f"compute.device: found 'cuda', and torch {torch.__version__} finds no GPU here; available: cpu"
        " (a GPU needs NVIDIA's driver)"
    ]


def _sections(document: dict[str, Any]) -> tuple[dict[str, Section], list[str]]:
    known = [*Run.model_fields, *SCHEMAS]
    found = [
        f"{key}: unknown section{nearest(str(key), known)}; allowed: {', '.join(known)}"
        for key in document
        if key not in known
    ]
    try:
        Run.model_validate({key: document[key] for key in Run.model_fields if key in document})
    except pydantic.ValidationError as error:
        found += [
            line
            for line in describe(error, Run)
            if not line.startswith(("task:", "form:"))  # their rooms say more
        ]
    valid = {}
    for section in SCHEMAS:
        try:
            if section not in document:
                raise ParameterError([f"{section}: missing"])
            valid[section] = validate_section(schema(section, document), document[section], section)
        except ParameterError as error:
            found += [line for line in error.problems if line not in found]
    for key, package in NAMES.items():
        section, name = key.split(".")
        chosen = getattr(valid.get(section), name, None)
        if chosen is not None and chosen not in (there := choices(package)):
            found.append(f"{key}: found {shown(chosen)}{nearest(chosen, there)}; available: {', '.join(there)}")
    return valid, found


def schema(section: str, document: dict[str, Any]) -> type[Section]:
    """The class that ``section`` of this parameter file must satisfy.

    Raises:
        ParameterError: the key that chooses it is missing or names nothing.
    """
    module, name = SCHEMAS[section].split(":")
    package: list[str] = []
    parts = re.findall(r"\$\{(.+?)\}|([^.]+)", module)
    for key, fixed in parts:
        if key:
            value = _value(section, key, ".".join(package), document)
            if value not in (known := choices(".".join(package))):
                close = nearest(str(value), known)
                raise ParameterError([f"{key}: found {shown(value)}{close}; available: {', '.join(known)}"])
        package.append(str(value) if key else fixed)
    cls: type[Section] = getattr(importlib.import_module(".".join(package)), name)
    return cls


def _value(section: str, key: str, package: str, document: dict[str, Any]) -> Any:
    value: Any = document
    for part in key.split("."):
        if not isinstance(value, dict):
            raise ParameterError([f"{section}: found {shown(value)}; a section of keys belongs here"])
        if part not in value:
            raise ParameterError([f"{key}: missing; available: {', '.join(choices(package))}"])
        value = value[part]
    return value


def _repeated_keys(node: Node | None, prefix: str = "") -> list[str]:
    if not isinstance(node, MappingNode) or prefix.count(".") > 20:  # an alias may lead back to its own anchor
        return []
    lines: list[str] = []
    first: dict[str, int] = {}
    for key, value in node.value:
        name, line = f"{prefix}{key.value}", key.start_mark.line + 1
        if name in first:
            lines.append(f"{name}: given twice, on lines {first[name]} and {line}")
        first.setdefault(name, line)
        lines += _repeated_keys(value, f"{name}.")
    return lines
