"""What fitting the judges takes."""

from typing import Literal

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `judges` section for music."""

    kind: Literal["none"]
