"""A language model of the Hugging Face Hub."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section
from promptgan.data.sources import MODEL, Hub, Licence, Upstream


class Parameters(Section):
    """The section `base_model` for a model of the Hub, as `promptgan use RECIPE --model OWNER/NAME` writes it."""

    name: Literal["hub"]
    repository: str = Field(pattern=r"^[\w.-]+(/[\w.-]+)?$")
    revision: str = Field(pattern="^[0-9a-f]{40}$")
    """A commit."""
    content_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of config.json, tokenizer.json and the weights; others are refused."""


def upstream(parameters: Parameters) -> Upstream:
    """The repository at that commit."""
    p = parameters
    return Upstream(
        title=f"{p.repository} of the Hugging Face Hub, at {p.revision[:7]}",
        licence=Licence("not stated", "unsure", "see the model's card on the Hub"),
        sources=(Hub(p.content_sha256, p.repository, p.revision, members=MODEL),),
        content_sha256=p.content_sha256,
    )
