"""For a phase that a recipe has not."""

from typing import Literal

from promptgan.core.parameters import Section


class Parameters(Section):
    """A section `pretrain` or `train` for `method: none`."""

    method: Literal["none"]
    objective: Literal["none"] = "none"
    """dvc.yaml asks the section `train` for it."""
    penalty: Literal["none"] = "none"
