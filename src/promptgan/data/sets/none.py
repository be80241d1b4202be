"""No data set: what the section `corpus` names where a recipe reads no texts beside its pairs."""

from typing import Literal

from promptgan.core.parameters import Section

TASK = "no task"


class Parameters(Section):
    """There are none."""

    name: Literal["none"]


def upstream(parameters: Parameters) -> None:
    """There is nothing to get."""
