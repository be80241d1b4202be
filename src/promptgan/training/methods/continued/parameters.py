"""What further likelihood training of a served model takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.loop.converging import Converging


class Parameters(Converging):
    """The `pretrain` section for `method: continued`; validation reads known and new pairs, so many of each."""

    method: Literal["continued"]
    epochs: int | float = Field(gt=0)
    """Passes over the new training pairs, at most; as many known ones are replayed as `new_share` says."""
    batch: int = Field(ge=2)
    new_share: float = Field(gt=0, lt=1)
    """Of a batch that is new; the rest is replayed. Also the weight of new pairs in validation."""
