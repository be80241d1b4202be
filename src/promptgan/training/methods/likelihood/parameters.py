"""What likelihood training takes."""

from typing import Literal

from promptgan.training.loop.converging import Converging


class Parameters(Converging):
    """The `pretrain` section for `method: likelihood`."""

    method: Literal["likelihood"]
