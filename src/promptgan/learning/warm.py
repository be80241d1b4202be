"""The start of a successor: the generator and the tokenizer of the model that serves, in the store of own files."""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.record import sha256
from promptgan.data import own_store
from promptgan.data.models.served import FILE, MEMBERS
from promptgan.data.sources import content_sha256
from promptgan.recipes import presets

SLOWER = 0.25
"""Of the learning rate that training from fresh weights took."""
NEW_SHARE = 0.1
"""Of a batch that is new, and of the weight of new pairs in validation."""
EPOCHS = 50
"""Passes over the new pairs, at most; validation ends training before."""
VALIDATIONS = 20
"""In all passes, about."""
LEAST_GAIN = 0.005
"""Nats per token by which a validation must beat the best one, at most."""
METHODS = ("likelihood", "continued")
KINDS = ("recurrent", "transformer", "relational")
"""Networks that can go on; a pretrained language model goes on by `promptgan export` and `promptgan use local-lm`."""


class CannotGoOn(PromptganError):
    """The model cannot be the start of another one in this way."""


def start(model: Path, index: dict[str, Any], known: Iterable[str], root: Path) -> dict[str, Any]:
    """Put what a model leaves for its successor into the store; params.yaml is left as it is.

    Args:
        model: a model folder.
        index: of it, see `require`.
        known: ids of the records that are not new to it.
        root: the repository.

    Returns:
        The sections `base_model` and `generator` of params.yaml.

    Raises:
        NotAModelFolder: it cannot be loaded.
        NotTracked: DVC refused a file.
    """
    from safetensors.torch import save

    from promptgan.forms.tokens.form import TOKENIZER
    from promptgan.networks import folder
    from promptgan.training.methods.continued.start import tensors

    section = index["networks"]["generator"]["section"]
    generator = folder.load(model, names=["generator"]).networks["generator"]
    example = index["example"]
    config = {
        "vocab_size": example["vocabulary"],
        "bos_token_id": example["bos"],
        "eos_token_id": example["eos"],
        "generator": section,
    }
    members = {
        "config.json": json.dumps(config, sort_keys=True).encode(),
        "model.safetensors": save(tensors(generator, known)),
        "tokenizer.json": (model / TOKENIZER).read_bytes(),
    }
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, FILE)
        with zipfile.ZipFile(file, "w") as archive:
            for name in MEMBERS:
                archive.writestr(zipfile.ZipInfo(name), members[name])  # the time of no clock
        digest = sha256(file)
        own_store.put(file, digest, root, file)
    content = content_sha256({name: hashlib.sha256(member).hexdigest() for name, member in members.items()})
    return {"base_model": {"name": "served", "sha256": digest, "content_sha256": content}, "generator": section}


def require(model: Path, document: dict[str, Any]) -> dict[str, Any]:
    """The index of a model that can be the start of another one in the recipe of a parsed parameter file.

    Raises:
        NotAModelFolder: there is none.
        CannotGoOn: its generator is of another kind than `KINDS`, or the recipe trains nothing by likelihood.
    """
    from promptgan.networks import folder

    index = folder.read_index(model)
    network = index.get("networks", {}).get("generator", {}).get("section", {}).get("network")
    method = document["pretrain"]["method"]
    if method not in METHODS:
        raise CannotGoOn(
            f"pretrain.method is {method}, and training that goes on is by likelihood",
            "`promptgan feedback export --fresh` trains afresh",
        )
    if index.get("task") != "text" or network not in KINDS:
        raise CannotGoOn(
            f"{model} has the task {index.get('task')} and the generator {network}; those that can go on make texts by"
            f" {', '.join(KINDS)}",
            "`promptgan feedback export --fresh` trains afresh; a pretrained language model goes on by that, `promptgan"
            " export`, and `promptgan use local-lm --path FILE --model FOLDER`",
        )
    return index


def sections(document: dict[str, Any], begun: dict[str, Any], new: int) -> dict[str, Any]:
    """What params.yaml says where training begins with a served model.

    The tokenizer is the model's, so that its numbers per token and those of its successor compare. Training is slower
    and validates more often than from fresh weights, as there is less to learn; where it went on from a served model
    before, `pretrain` stays as it is.

    Args:
        document: the parsed parameter file.
        begun: of `start`.
        new: pairs that feedback brought.
    """
    pretrain = dict(document["pretrain"])
    if pretrain["method"] != "continued":
        steps = max(VALIDATIONS, EPOCHS * new // max(1, round(NEW_SHARE * pretrain["batch"])))
        pretrain |= {
            "method": "continued",
            "new_share": NEW_SHARE,
            "epochs": EPOCHS,
            "learning_rate": float(pretrain["learning_rate"]) * SLOWER,
            "warmup": min(pretrain["warmup"], steps // VALIDATIONS),
            "validate_every": min(pretrain["validate_every"], steps // VALIDATIONS),
            "min_gain": min(float(pretrain["min_gain"]), LEAST_GAIN),
        }
    # the served tokenizer lowers what it reads by itself, if it does
    tokenize = {**document["tokenize"], "level": "pretrained", "vocabulary": None, "lowercase": False}
    return {**begun, "tokenize": tokenize, "pretrain": pretrain}


def afresh(document: dict[str, Any]) -> dict[str, Any]:
    """What params.yaml says where training begins with fresh weights: the sections of the recipe's preset from which
    `sections` led away, and nothing where it did not.

    Raises:
        UnknownRecipe, BrokenRecipe: there is no such preset any more.
    """
    if document["pretrain"]["method"] != "continued":
        return {}
    preset = presets.values(document["recipe"])
    return {section: preset[section] for section in ("base_model", "tokenize", "pretrain")}
