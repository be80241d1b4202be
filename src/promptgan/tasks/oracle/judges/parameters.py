"""What fitting the judges takes: there are none."""

from typing import Literal

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `judges` section for sequences of the oracle."""

    kind: Literal["none"]
    """The oracle itself measures."""
