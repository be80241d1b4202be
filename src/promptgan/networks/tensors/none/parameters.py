"""For a role that a recipe has not."""

from typing import Literal

from promptgan import base


class Parameters(base.Parameters):
    """A section for `network: none`."""

    network: Literal["none"]
