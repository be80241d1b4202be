"""The model that a service answers with: its own generator and tokenizer, from which its successor is trained.

`promptgan feedback export` writes the three files into the store and this section; `pretrain.method: continued` reads
them.
"""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Local, Upstream, content_sha256

FILES = ("config.json", "model.safetensors", "tokenizer.json")


class Parameters(Section):
    """The section `base_model` for a served model: the sha256 of each of its files, which lie in data/own/."""

    name: Literal["served"]
    config: str = Field(pattern="^[0-9a-f]{64}$")
    weights: str = Field(pattern="^[0-9a-f]{64}$")
    tokenizer: str = Field(pattern="^[0-9a-f]{64}$")


def upstream(parameters: Parameters) -> Upstream:
    """The three files, from the store."""
    sums = dict(zip(FILES, (parameters.config, parameters.weights, parameters.tokenizer), strict=True))
    return Upstream(
        title=f"the model that served, {parameters.weights[:7]}",
        licence=Licence("not stated", "unsure", "trained here"),
        sources=tuple(Local(sha256, name) for name, sha256 in sums.items()),
        content_sha256=content_sha256(sums),
    )
