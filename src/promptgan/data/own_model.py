"""Pinning a language model of the user's own, for the section `base_model`."""

import json
import re
from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.record import sha256
from promptgan.data.download import PROVENANCE, SourceFailed, members, snapshot
from promptgan.data.sources import MODEL, content_sha256

INDEX = "model.safetensors.index.json"
POINTER = b"version https://git-lfs"
"""What Git LFS leaves in place of a file that it has not fetched."""
CONTEXT = ("max_position_embeddings", "n_positions")
"""Names that configurations have for the longest sequence that a model reads, in tokens."""


class NoModel(PromptganError):
    """There is no usable language model where one was said to be."""

    exit_code = 2


def located(model: str) -> tuple[Path, dict[str, Any]]:
    """Where a model lies on this machine, and the section `base_model` that pins it.

    Args:
        model: a folder, or else the name of a repository of the Hugging Face Hub, which is downloaded into the Hub
            client's own cache, from which the stage download takes it.

    Raises:
        NoModel: a file is missing or broken, or the Hub does not have the repository or cannot be reached.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        content = _content(folder)
        return folder, {"name": "local_model", "path": folder.resolve().as_posix(), "content_sha256": content}
    if folder.exists() or not re.fullmatch(r"[\w-][\w.-]*(/[\w.-]+)?", model):
        problem = "a file, not a folder" if folder.exists() else "no such folder"
        raise NoModel(f"{model}: {problem}", "give the folder of a model, or OWNER/NAME of one on the Hugging Face Hub")
    from huggingface_hub import HfApi

    try:
        revision = HfApi().model_info(model).sha
        assert revision
        found = snapshot(model, revision, MODEL)
    except Exception as error:  # what carries HTTP raises its own
        problem = error.problem if isinstance(error, SourceFailed) else str(error).strip().partition("\n")[0]
        raise NoModel(
            f"{model} is no folder here, and the Hugging Face Hub did not deliver it: {problem}",
            "give the folder of a model, or OWNER/NAME of one on the Hub; a private one needs `hf auth login`",
        ) from error
    section = {"name": "hub", "repository": model, "revision": revision}
    return found, {**section, "content_sha256": _content(found)}


def context(folder: Path) -> int | None:
    """Tokens that the model of a folder reads at most; None where its configuration does not say."""
    config = json.loads((folder / "config.json").read_bytes())
    return next((config[name] for name in CONTEXT if isinstance(config.get(name), int)), None)


def here(section: dict[str, Any], downloaded: Path) -> Path | None:
    """A folder of this machine that holds the model of a section `base_model`; None where none does yet.

    It is the user's own, what the Hub's client has in its cache, or what the stage download made.

    Args:
        section: of params.yaml.
        downloaded: the output of that stage.
    """
    own, wanted = Path(str(section.get("path"))), section.get("content_sha256")
    if (own / "config.json").is_file():
        return own
    if "repository" in section:
        from huggingface_hub import try_to_load_from_cache

        cached = try_to_load_from_cache(section["repository"], "config.json", revision=section["revision"])
        if isinstance(cached, str):
            return Path(cached).parent
    try:
        made = json.loads((downloaded / PROVENANCE).read_bytes())["content_sha256"] == wanted
    except (OSError, ValueError, KeyError, TypeError):
        made = False
    return downloaded if made and (downloaded / "config.json").is_file() else None


def _content(folder: Path) -> str:
    """`content_sha256` of a model's files, each of which is whole."""
    if (folder / "adapter_config.json").is_file():
        raise NoModel(
            f"{folder} holds adapters of peft, not a whole model",
            "add them to the weights with merge_and_unload() of peft, and save what that returns into another folder",
        )
    files = {file.name: file for file in members(folder, MODEL)}
    weights = [file for name, file in files.items() if name.endswith(".safetensors")]
    missing = [name for name in ("config.json", "tokenizer.json") if name not in files]
    if missing or not weights:
        missing += [] if weights else ["weights as *.safetensors"]
        raise NoModel(
            f"{folder} lacks {', '.join(missing)}",
            "save it with model.save_pretrained and tokenizer.save_pretrained of transformers",
        )
    for file in files.values():
        with file.open("rb") as opened:
            first = opened.read(len(POINTER))
        if first == POINTER:
            raise NoModel(f"{file} is a pointer of Git LFS, not the file itself", f"git -C {folder} lfs pull")
    config = _readable(files["config.json"])
    _check_weights(folder, weights)
    _check_tokens(folder, config)
    return content_sha256({name: sha256(file) for name, file in files.items()})


def _readable(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_bytes())
        if not isinstance(value, dict):
            raise ValueError("not an object")
    except ValueError as error:
        raise NoModel(f"{file} is no JSON: {error}", "save the model again, or copy the file again") from error
    return value


def _check_weights(folder: Path, weights: list[Path]) -> None:
    from safetensors import SafetensorError, safe_open

    for file in weights:
        try:
            with safe_open(file, "numpy"):  # reads the header, and that the file is as long as that says
                pass
        except (SafetensorError, OSError) as error:
            raise NoModel(f"{file} is broken: {error}", "copy it again, or save the model again") from error
    names = {file.name for file in weights}
    if not (folder / INDEX).is_file():
        if "model.safetensors" not in names:
            raise NoModel(
                f"{folder} has no {INDEX}, which says what lies in {', '.join(sorted(names))}",
                "copy that file too, or save the model again",
            )
        return
    if lost := set(_readable(folder / INDEX).get("weight_map", {}).values()) - names:
        raise NoModel(f"{folder} lacks {', '.join(sorted(lost))}, which {INDEX} names", "copy what is missing")


def _check_tokens(folder: Path, config: dict[str, Any]) -> None:
    """Hold a tokenizer to its model: every token has an embedding."""
    from tokenizers import Tokenizer

    file, size = folder / "tokenizer.json", config.get("vocab_size")
    if not isinstance(size, int):
        raise NoModel(
            f"{folder / 'config.json'} has no vocab_size",
            "choose a model of text alone; of one that reads images too, save the language model that it holds",
        )
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises no class of its own
        raise NoModel(f"{file} is no tokenizer: {error}", "save it with tokenizer.save_pretrained") from error
    if (last := max(tokenizer.get_vocab().values(), default=0)) >= size:
        raise NoModel(
            f"{file} has token ids up to {last:,}, and the model embeddings of {size:,} tokens alone",
            "call model.resize_token_embeddings(len(tokenizer)), train what is new, and save both again",
        )
