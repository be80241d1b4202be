"""For a phase that a recipe has not."""

from typing import Literal

from promptgan import base


class Parameters(base.Parameters):
    """A section `pretrain` or `train` for `method: none`."""

    method: Literal["none"]
    objective: Literal["none"] = "none"
    """dvc.yaml asks the section `train` for it."""
    penalty: Literal["none"] = "none"
