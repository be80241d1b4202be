"""The start of a successor: the generator and the tokenizer of the model that serves, in the store of own files."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.core.record import sha256
from promptgan.data import own_store
from promptgan.data.models.served import FILES

SLOWER = 0.25
"""Of the learning rate that training from fresh weights took."""
NEW_SHARE = 0.3
"""Of a batch that is new, and of the weight of new pairs in validation."""
EPOCHS = 20
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
    from safetensors.torch import save_file

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
    with tempfile.TemporaryDirectory() as scratch:
        files = {name: Path(scratch, name) for name in FILES}
        write_json(files["config.json"], config)
        save_file(tensors(generator, known), files["model.safetensors"])
        files["tokenizer.json"].write_bytes((model / TOKENIZER).read_bytes())
        sums = {name: sha256(file) for name, file in files.items()}
        for name, file in files.items():
            own_store.put(file, sums[name], root, own_store.noted(file))
    base = dict(zip(("config", "weights", "tokenizer"), (sums[name] for name in FILES), strict=True))
    return {"base_model": {"name": "served", **base}, "generator": section}


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
