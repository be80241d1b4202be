"""A language model of your own, in the format of transformers: a folder of this machine."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.data.sources import MODEL, Folder, Licence, Upstream


class Parameters(Section):
    """The section `base_model` for a model of your own, as `promptgan use RECIPE --model FOLDER` writes it."""

    name: Literal["local_model"]
    path: str = Field(min_length=1)
    """The folder: holds config.json, tokenizer.json and the weights as safetensors."""
    content_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of these files; others are refused."""


def upstream(parameters: Parameters) -> Upstream:
    """The folder."""
    return Upstream(
        title=f"own model {Path(parameters.path).name}",
        licence=Licence("not stated", "unsure", "a model of the user's own"),
        sources=(Folder(parameters.content_sha256, parameters.path, members=MODEL),),
        content_sha256=parameters.content_sha256,
    )
