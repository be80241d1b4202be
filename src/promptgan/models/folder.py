"""A model folder: weights, configuration and tokenizer of a generator, complete enough to be loaded anywhere."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn

from promptgan import base
from promptgan.models.generator import TextGenerator

WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"


class NotAModelFolder(base.PromptganError):
    """The folder does not hold a generator."""


@dataclass(frozen=True)
class LoadedGenerator:
    """A generator with what it takes to talk to it."""

    model: TextGenerator
    tokenizer: Tokenizer
    config: dict[str, Any]


def build(model: dict[str, Any], vocabulary: int) -> TextGenerator:
    """A generator with fresh weights from the `model` section.

    Raises:
        ParameterError: the section names no generator or its parameters are wrong.
    """
    module = base.choose("promptgan.models.generators", model.get("name"), "model.name")
    network: TextGenerator = module.Generator(base.validated(module.Parameters, model, "model"), vocabulary)
    return network


def save(folder: Path, model: nn.Module, config: dict[str, Any], tokenizer: Path) -> None:
    """Write a model folder: ``config`` must hold `model` and `vocabulary`, ``tokenizer`` is a tokenizer.json."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder / WEIGHTS, model)
    shutil.copyfile(tokenizer, folder / TOKENIZER)
    base.write_json(folder / CONFIG, {"kind": "text-generator", **config})


def save_weights(path: Path, model: nn.Module) -> None:
    """Write the state of a network in float32 safetensors, on the CPU."""
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}, path)


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a model folder.

    Raises:
        NotAModelFolder: there is none, or it is not a JSON object.
    """
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if not isinstance(config, dict):
            raise ValueError("not an object")
    except (OSError, ValueError) as error:
        raise NotAModelFolder(
            f"{folder} holds no readable {CONFIG}",
            "give a folder such as models/adversarial, made by `make run` or `dvc pull`",
        ) from error
    return config


def load(folder: Path, device: torch.device | None = None) -> LoadedGenerator:
    """Load a model folder, in evaluation mode.

    Raises:
        NotAModelFolder: a file is missing, broken, or of another kind of model.
    """
    config = read_config(folder)
    if config.get("kind") != "text-generator":
        reason = config.get("reason", f"it holds a {config.get('kind')}")
        raise NotAModelFolder(
            f"{folder} holds no text generator: {reason}", "name the folder of one, such as models/pretrained"
        )
    try:
        model = build(config["model"], config["vocabulary"])
        model.load_state_dict(load_file(folder / WEIGHTS))
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.encode_special_tokens = True  # `<s>` in a prompt is text; tokenizer.json does not keep it
    except Exception as error:  # tokenizers raises bare Exception, safetensors its own
        problem = f"{folder} cannot be loaded: {error}"
        if isinstance(error, base.ParameterError):
            problem = f"{folder / CONFIG} describes no generator: {'; '.join(error.problems)}"
        raise NotAModelFolder(problem, "restore it with `dvc checkout` or train it again with `make run`") from error
    return LoadedGenerator(model.to(device or torch.device("cpu")).eval(), tokenizer, config)
