"""For a role that a recipe has not."""

from typing import Literal

from promptgan.core.parameters import Section


class Parameters(Section):
    """A section for `network: none`."""

    network: Literal["none"]
