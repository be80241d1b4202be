"""What learning by counting takes."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `pretrain` section for `method: count`."""

    method: Literal["count"]
    validation_count: int = Field(ge=10)
    """Validation pairs that are read; all where there are fewer."""
