"""A model folder: weights, an index of its networks, and what its form needs; complete enough to be loaded anywhere."""

import importlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from promptgan.core.choices import choose, chosen_section
from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.core.parameters import ParameterError
from promptgan.networks.weights import save_weights

INDEX = "index.json"


class NotAModelFolder(PromptganError):
    """The folder does not hold a model."""


@dataclass(frozen=True)
class Loaded:
    """A model in evaluation mode."""

    networks: dict[str, nn.Module]
    """By name."""
    index: dict[str, Any]
    """The content of index.json."""


def build(form: str, role: str, section: dict[str, Any], example: Any) -> nn.Module:
    """A network with fresh weights.

    Args:
        form: a folder of `promptgan.networks`.
        role: what it plays: generator, discriminator or encoder.
        section: of params.yaml; `network` names a folder of that form.
        example: what it must know of one example, of the class `Example` of the form.

    Raises:
        ParameterError: the section names no network that can play the role, or its parameters are wrong.
    """
    package = f"promptgan.networks.{form}"
    checked = chosen_section(package, role, section, "network")
    if role not in checked.roles:
        raise ParameterError([f"{role}.network: {checked.network} plays no {role}"])
    family = choose(package, checked.network, f"{role}.network", "network")
    network: nn.Module = getattr(family, role.capitalize())(checked, example)
    return network


def save(
    folder: Path,
    networks: Mapping[str, nn.Module],
    sections: Mapping[str, dict[str, Any]],
    index: dict[str, Any],
    files: Mapping[str, Path | bytes] | None = None,
) -> None:
    """Write a model folder.

    Args:
        folder: made where it is not there.
        networks: by name.
        sections: of params.yaml, by role; the role of a network is its name up to the first `_`.
        index: must hold `task`, `form` and `example`; is kept beside the list of networks.
        files: to be copied or written, such as a tokenizer, by their names in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listed = {}
    for name, network in networks.items():
        weights, role = f"{name}.safetensors", name.split("_")[0]
        save_weights(folder / weights, network)
        listed[name] = {"role": role, "weights": weights, "section": sections[role]}
    for name, file in (files or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        if isinstance(file, bytes):
            (folder / name).write_bytes(file)
        else:
            shutil.copyfile(file, folder / name)
    write_json(folder / INDEX, {"kind": "model", "networks": listed, **index})


def save_none(folder: Path, reason: str) -> None:
    """Write the folder of a stage that the recipe does not use."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / INDEX, {"kind": "none", "reason": reason})


def read_index(folder: Path) -> dict[str, Any]:
    """The index of a model folder.

    Raises:
        NotAModelFolder: there is none, or it is not a JSON object.
    """
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if not isinstance(index, dict):
            raise ValueError("not an object")
    except (OSError, ValueError) as error:
        raise NotAModelFolder(
            f"{folder} holds no readable {INDEX}",
            "give a folder such as models/adversarial, made by `make run` or `dvc pull`",
        ) from error
    return index


def with_models(folders: Mapping[str, Path]) -> dict[str, Path]:
    """Those that hold a model; the others are of stages that the recipe does not use.

    Raises:
        NotAModelFolder: see `read_index`.
    """
    return {name: folder for name, folder in folders.items() if read_index(folder)["kind"] != "none"}


def load(folder: Path, device: torch.device | None = None, names: Sequence[str] | None = None) -> Loaded:
    """Load the networks ``names`` of a model folder, or all of them.

    Raises:
        NotAModelFolder: a file is missing or broken, or the folder holds no model.
    """
    index = read_index(folder)
    if index.get("kind") != "model":
        reason = index.get("reason", f"it holds a {index.get('kind')}")
        raise NotAModelFolder(f"{folder} holds no model: {reason}", "name the folder of one, such as models/pretrained")
    networks = {}
    try:
        example = example_of(index, folder)
        for name in index["networks"] if names is None else names:
            entry = index["networks"][name]
            network = build(index["form"], entry["role"], entry["section"], example)
            network.load_state_dict(load_file(folder / entry["weights"]))
            networks[name] = network.to(device or torch.device("cpu")).eval()
    except Exception as error:  # safetensors raises its own
        problem = f"{folder} cannot be loaded: {type(error).__name__}: {error}"
        if isinstance(error, ParameterError):
            problem = f"{folder / INDEX} describes no network: {'; '.join(error.problems)}"
        raise NotAModelFolder(problem, "restore it with `dvc checkout` or train it again with `make run`") from error
    return Loaded(networks, index)


def example_of(index: dict[str, Any], folder: Path) -> Any:
    """What the networks of a folder with that index know of one example."""
    form = importlib.import_module(f"promptgan.forms.{index['form']}.form")
    return form.Example(**index["example"], **form.places(folder))


def described(task: str, form: str, example: Any) -> dict[str, Any]:
    """The part of an index that says what its networks read and write."""
    facts = {field.name: getattr(example, field.name) for field in fields(example) if not field.metadata.get("place")}
    return {"task": task, "form": form, "example": facts}
