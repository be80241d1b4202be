"""The model that a service answers with: its own generator and tokenizer, from which its successor is trained.

`promptgan feedback export` writes them into the store, as one zip, and this section; `pretrain.method: continued` reads
them.
"""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Local, Upstream

FILE = "served.zip"
MEMBERS = ("config.json", "model.safetensors", "tokenizer.json")


class Parameters(Section):
    """The section `base_model` for a served model, which lies at data/own/SHA256/served.zip."""

    name: Literal["served"]
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of the zip."""
    content_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of its members; others are refused."""


def upstream(parameters: Parameters) -> Upstream:
    """The zip in the store."""
    return Upstream(
        title=f"the model that served, {parameters.content_sha256[:7]}",
        licence=Licence("not stated", "unsure", "trained here"),
        sources=(Local(parameters.sha256, FILE, members=MEMBERS),),
        content_sha256=parameters.content_sha256,
    )
