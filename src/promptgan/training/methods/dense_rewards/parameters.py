"""What training by dense rewards takes."""

from typing import Literal

from pydantic import Field

from promptgan.training.adversarial.parameters import TextParameters


class Parameters(TextParameters):
    """The `train` section for `method: dense_rewards`."""

    method: Literal["dense_rewards"]
    start: Literal["fresh", "twin"]
    """Whether the generator begins with fresh weights or with those that `pretrain` has left."""
    discount: float = Field(ge=0, le=1)
    """Of a token's reward, for each token before it; at 0 a token answers for itself alone."""
    baseline_decay: float = Field(ge=0, lt=1)
    """Of the moving averages of returns, one for each position, that are subtracted from them."""
