"""Pinning a language model of the user's own, for the section `base_model`."""

from pathlib import Path
from typing import Any

from promptgan.core.errors import PromptganError
from promptgan.core.record import sha256
from promptgan.data.download import SourceFailed, members, snapshot
from promptgan.data.sources import MODEL, content_sha256


class NoModel(PromptganError):
    """There is no usable language model where one was said to be."""

    exit_code = 2


def pinned(model: str) -> dict[str, Any]:
    """The section `base_model` for a folder, or else for the repository of that name on the Hugging Face Hub.

    A repository is downloaded into the Hub client's own cache, from which the stage download takes it.

    Raises:
        NoModel: the folder lacks a file, or the Hub does not have it or cannot be reached.
    """
    folder = Path(model)
    if folder.is_dir():
        return {"name": "local_model", "path": folder.resolve().as_posix(), "content_sha256": _content(folder)}
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    try:
        revision = HfApi().model_info(model).sha
        assert revision
        found = snapshot(model, revision, MODEL)
    except (SourceFailed, HfHubHTTPError, OSError, ValueError) as error:
        problem = error.problem if isinstance(error, SourceFailed) else str(error).strip().splitlines()[0]
        raise NoModel(
            f"{model} is no folder here, and the Hugging Face Hub did not deliver it: {problem}",
            "give the folder of a model, or OWNER/NAME of one on the Hub; a private one needs `hf auth login`",
        ) from error
    return {"name": "hub", "repository": model, "revision": revision, "content_sha256": _content(found)}


def _content(folder: Path) -> str:
    files = members(folder, MODEL)
    names = {file.name for file in files}
    missing = [name for name in ("config.json", "tokenizer.json") if name not in names]
    missing += [] if any(name.endswith(".safetensors") for name in names) else ["weights as *.safetensors"]
    if missing:
        raise NoModel(
            f"{folder} lacks {', '.join(missing)}",
            "save it with model.save_pretrained and tokenizer.save_pretrained of transformers",
        )
    return content_sha256({file.name: sha256(file) for file in files})
