"""No pretrained language model: every network begins with fresh weights."""

from typing import Literal

from promptgan.core.parameters import Section


class Parameters(Section):
    """The section `base_model` of a recipe without one."""

    name: Literal["none"]


def upstream(parameters: Parameters) -> None:
    """There is nothing to get."""
