"""For a phase that a recipe has not."""

from typing import Literal

from promptgan import base


class Parameters(base.Parameters):
    """The `pretrain` section for `method: none`."""

    method: Literal["none"]
